"""Factories: they make objects for tests. This file is yours.

    import factory

    class BookFactory(Factory[Book]):
        title = factory.Faker("sentence")
        author = factory.SubFactory(AuthorFactory)

    book = await BookFactory.create(session, title="Emma")
    books = await BookFactory.create_batch(session, 3, author=book.author)
    unsaved = BookFactory.build(title="Emma")

What a call leaves out is made as the class declares, related objects too, or has the
model's default. `create` commits. Random values follow from the seed that a failed
test shows; a `Sequence` would depend on the tests that ran before.
"""

from .harness.factories import Factory

__all__ = ["Factory"]
