"""Factories: they make objects for tests. This file is yours.

    class BookFactory(Factory[Book]):
        author = AuthorFactory

    book = await BookFactory.create(session, title="Emma")
    books = await BookFactory.create_batch(session, 3, author=book.author)
    unsaved = BookFactory.build(title="Emma")

What a call leaves out is made as the class declares, or has the model's default, or
is made from its type, related objects too. `create` commits. Random values follow from
the seed that a failed test shows.
"""

from .harness.factories import Factory

__all__ = ["Factory"]
