"""Bus: events from and to other programs, and the risk service that may stop entries.

What comes in is read by the same words as people's signals (`incoming`); what goes out is every
event that the engine told, in its journal's order (`outgoing`). Redis is a face like another: while
it is away trading goes on, events wait in the journal, and the health says so. Nothing here decides
anything.
"""
