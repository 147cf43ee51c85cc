from tests.api.pasqal.clients import data
from tests.api.pasqal.worlds import CORE

SPECS = '{"name": "EMU_FREE"}'


async def test_specs_are_an_object_for_who_is_logged_in(api):
    assert data(await api.get(f"{CORE}/v1/devices/specs")) == {"EMU_FREE": SPECS}


async def test_public_specs_are_a_list_for_anybody(anonymous):
    answer = await anonymous.get(f"{CORE}/v1/devices/public-specs")

    assert data(answer) == [{"device_type": "EMU_FREE", "specs": SPECS}]


async def test_the_specs_of_one_device_are_read_by_its_name(api):
    answer = await api.get(f"{CORE}/v1/devices/specs/EMU_FREE")

    assert data(answer) == {"device_type": "EMU_FREE", "specs": SPECS}


async def test_the_specs_of_a_device_that_this_door_does_not_show_are_not_found(api):
    for name in ("EMU_TEST", "NOTHING"):
        answer = await api.get(f"{CORE}/v1/devices/specs/{name}")

        assert answer.status_code == 404


async def test_health_needs_no_login(anonymous):
    assert data(await anonymous.get(f"{CORE}/v1/health")) == {}
