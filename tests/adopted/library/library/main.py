"""The API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from library.database import Base, Book, Loan, engine, get_session, note

Session = Annotated[AsyncSession, Depends(get_session)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the tables that are missing."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(title="Library", lifespan=lifespan)


class NewBook(BaseModel):
    """A book that the library has bought."""

    title: str
    author: str


class BookOut(NewBook):
    """A book of the library."""

    model_config = ConfigDict(from_attributes=True)

    id: int


@app.post("/books", status_code=201)
async def add_book(new: NewBook, session: Session) -> BookOut:
    """Add a book."""
    book = Book(**new.model_dump())
    session.add(book)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        raise HTTPException(409, "There is this book already") from None
    return BookOut.model_validate(book)


@app.get("/books")
async def list_books(session: Session, author: str | None = None) -> list[BookOut]:
    """List the books, by title."""
    query = select(Book).order_by(Book.title)
    if author is not None:
        query = query.where(Book.author == author)
    return [BookOut.model_validate(book) for book in await session.scalars(query)]


@app.post("/books/{number}/loan", status_code=204)
async def lend(
    number: int, reader: str, session: Session, tasks: BackgroundTasks
) -> None:
    """Lend a book."""
    book = await session.get(Book, number)
    if book is None:
        raise HTTPException(404, "There is no such book")
    session.add(Loan(book_id=number, reader=reader))
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        raise HTTPException(409, "Somebody has it") from None
    tasks.add_task(note, f"{reader} has {book.title}")


@app.delete("/books/{number}/loan", status_code=204)
async def take_back(number: int, session: Session, tasks: BackgroundTasks) -> None:
    """Take a book back."""
    loan = await session.scalar(select(Loan).where(Loan.book_id == number))
    if loan is None:
        raise HTTPException(404, "Nobody has it")
    await session.delete(loan)
    await session.commit()
    tasks.add_task(note, f"{loan.reader} has brought {number} back")
