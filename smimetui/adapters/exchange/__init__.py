"""Exchange through its web services (EWS): the address list, contacts, the mailbox, and sending.

`exchangelib` takes a third of a second to load, so only modules that are themselves loaded on first use import it:
`protocol`, `failures`, `resolve_names`, `calls`, `syncing`, `watching`. None of its types leaves this package.
"""
