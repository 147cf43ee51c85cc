"""What the tests of every published dialect share: tables of routes, who knocks, documents, histories."""
