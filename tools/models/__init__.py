"""Which models there are: of the Hub, of the owner, and the defaults of every task type."""
