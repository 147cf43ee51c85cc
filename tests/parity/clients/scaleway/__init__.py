"""Programs that use Scaleway's published clients; each runs under the environment that has them."""
