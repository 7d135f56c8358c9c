import pytest
from httpx2 import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from library.database import Loan

BOOKS = [("Dune", "Herbert"), ("Emma", "Austen"), ("Persuasion", "Austen")]


@pytest.mark.parametrize(("title", "author"), BOOKS)
async def test_new_book_is_listed(client: AsyncClient, title: str, author: str) -> None:
    new = {"title": title, "author": author}
    made = await client.post("/books", json=new)

    assert made.status_code == 201
    assert (await client.get("/books")).json() == [made.json()]


async def test_book_is_added_once(client: AsyncClient, emma: int) -> None:
    new = {"title": "Emma", "author": "Jane Austen"}

    assert (await client.post("/books", json=new)).status_code == 409
    assert len((await client.get("/books")).json()) == 1


@pytest.mark.parametrize(("author", "count"), [("Austen", 2), ("Herbert", 1), ("X", 0)])
async def test_books_of_an_author(client: AsyncClient, author: str, count: int) -> None:
    for title, by in BOOKS:
        await client.post("/books", json={"title": title, "author": by})

    found = await client.get("/books", params={"author": author})

    assert len(found.json()) == count


async def test_book_is_lent_once(
    client: AsyncClient, session: AsyncSession, emma: int
) -> None:
    path = f"/books/{emma}/loan"

    assert (await client.post(path, params={"reader": "Ada"})).status_code == 204
    assert (await client.post(path, params={"reader": "Bob"})).status_code == 409
    assert (await session.scalars(select(Loan.reader))).all() == ["Ada"]


async def test_book_that_is_back_is_lent_again(client: AsyncClient, emma: int) -> None:
    path = f"/books/{emma}/loan"
    for reader in ("Ada", "Bob"):
        assert (await client.post(path, params={"reader": reader})).status_code == 204
        assert (await client.delete(path)).status_code == 204


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_book_that_is_not_there(client: AsyncClient, method: str) -> None:
    answer = await client.request(method, "/books/7/loan", params={"reader": "Ada"})

    assert answer.status_code == 404
