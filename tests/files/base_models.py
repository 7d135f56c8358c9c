"""What `Base` makes of values: mutable types, names, validation, plain SQLAlchemy."""

# ruff: noqa: D101, D102

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    ValidationError,
    model_validator,
)
from sqlalchemy import JSON, Column, ForeignKey, MetaData
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.mutable import (
    MutableComposite,
    MutableDict,
    MutableList,
    MutableSet,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    composite,
    mapped_column,
    relationship,
    synonym,
    validates,
)
from sqlalchemy.types import PickleType
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine
from task_tracker.models import Base

METADATA = MetaData()


class Noted(Base):
    """What other tables derive from: no table itself."""

    notes: dict[str, Any] | None = Field(
        default_factory=dict, sa_type=MutableDict.as_mutable(JSON())
    )


class Shelf(Noted, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    titles: list[str] = Field(
        default=[], sa_column=Column(MutableList.as_mutable(JSON()), nullable=False)
    )
    tags: set[str] = Field(
        default_factory=set, sa_column=Column(MutableSet.as_mutable(PickleType()))
    )


class Chest(Noted, table=True):
    metadata = METADATA
    model_config = ConfigDict(validate_assignment=True)
    id: int | None = Field(default=None, primary_key=True)
    size: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def small(self) -> "Chest":
        if (self.size or 0) > 100:
            raise ValueError("too large")
        return self


class Point(MutableComposite):
    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def __setattr__(self, name: str, value: int) -> None:
        object.__setattr__(self, name, value)
        self.changed()

    def __composite_values__(self) -> tuple[int, int]:
        return self.x, self.y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and vars(self) == vars(other)


class Place(Base, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    x: int = 0
    y: int = 0
    point: ClassVar[Any]


Place.point = composite(Point, Place.__table__.c.x, Place.__table__.c.y)


class Shop(Base, table=True):
    metadata = METADATA
    model_config = ConfigDict(ignored_types=(hybrid_property,))
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""
    wares: list["Item"] = Relationship(back_populates="shop")
    item_names: ClassVar[Any] = association_proxy(
        "wares", "name", creator=lambda name: Item(name=name)
    )
    title: ClassVar[Any] = synonym("name")

    @property
    def label(self) -> str:
        return self.name

    @label.setter
    def label(self, value: str) -> None:
        self.name = value

    @property
    def size(self) -> int:
        return len(self.wares)

    @hybrid_property
    def shouted(self) -> str:
        return self.name.upper()

    @shouted.inplace.setter
    def _shout(self, value: str) -> None:
        self.name = value.lower()


class Item(Base, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""
    shop_id: int | None = Field(default=None, foreign_key="shop.id")
    shop: Shop | None = Relationship(back_populates="wares")
    box_id: int | None = Field(default=None, foreign_key="box.id")
    box: "Box" = Relationship(sa_relationship_kwargs={"backref": "contents"})

    @validates("name")
    def strip(self, _: str, name: str) -> str:
        return f"{name.strip()}!"


class Box(Base, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)


class Alias(Base, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    plain: str = Field(default="", alias="plainAlias")
    one: str = Field(default="", validation_alias="oneAlias")
    first: str = Field(
        default="",
        schema_extra={"validation_alias": AliasChoices("f", AliasPath("names", 0))},
    )


class Strict(Base, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""

    def __init__(self, **data: Any) -> None:
        if data.get("name") == "raise" or REFUSING:
            raise RuntimeError("refused")
        super().__init__(**data)
        self._box = Box(id=3)


REFUSING: list[bool] = []


class Schema(BaseModel):
    name: str = ""
    colour: str = "red"


class Ordinary(DeclarativeBase):
    metadata = METADATA


class Label(Ordinary):
    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    shop: Mapped[Shop | None] = relationship(Shop)
    text: Mapped[str] = mapped_column(default="")


class Tag(Base, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    label_id: int | None = Field(default=None, foreign_key="label.id")
    label: Any = Relationship(sa_relationship=relationship(Label, backref="tags"))


@pytest.fixture
def db() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def assigned(model: type[Any], **values: Any) -> Any:
    made = model()
    for name, value in values.items():
        setattr(made, name, value)
    return made


# The ways in which values get into an object.
WAYS: dict[str, Callable[..., Any]] = {
    "constructor": lambda model, **values: model(**values),
    "validated": lambda model, **values: model.model_validate(values),
    "validated with": lambda model, **values: model.model_validate({}, update=values),
    "updated": lambda model, **values: model().sqlmodel_update(values),
    "updated with": lambda model, **values: model().sqlmodel_update({}, update=values),
    "object": lambda model, **values: model.model_validate(model(**values)),
    "object with": lambda model, **values: model.model_validate(model(), update=values),
    "assigned": assigned,
}


def ways(*but: str) -> pytest.MarkDecorator:
    """Make a test one of each way, but for some."""
    names = [name for name in WAYS if name not in but]
    return pytest.mark.parametrize("make", [WAYS[name] for name in names], ids=names)


@ways()
@pytest.mark.parametrize("model", [Shelf, Chest])
def test_change_in_place_is_stored_however_the_value_got_there(
    db: Session, make: Callable[..., Any], model: Any
) -> None:
    thing = make(model, notes={"a": 1})
    db.add(thing)
    db.commit()
    thing.notes["b"] = 2
    db.commit()
    assert thing.notes == {"a": 1, "b": 2}
    thing.notes = {"c": 3}
    db.commit()
    thing.notes["d"] = 4
    db.commit()
    assert thing.notes == {"c": 3, "d": 4}
    thing.sqlmodel_update({"notes": {"e": 5}}).notes["f"] = 6
    db.flush()
    thing.notes["g"] = 7
    db.commit()
    assert thing.notes == {"e": 5, "f": 6, "g": 7}


def test_default_notices_changes(db: Session) -> None:
    shelf = Shelf()
    db.add(shelf)
    db.flush()
    shelf.notes["a"] = 1
    shelf.titles.append("b")
    db.commit()

    assert (shelf.notes, shelf.titles) == ({"a": 1}, ["b"])
    assert Shelf().titles == []


@ways()
def test_nothing_is_a_value_of_a_mutable_type(
    db: Session, make: Callable[..., Any]
) -> None:
    shelf = make(Shelf, notes=None)
    db.add(shelf)
    db.commit()
    assert shelf.notes is None
    shelf.notes = {}
    db.commit()
    shelf.notes["a"] = 1
    db.commit()

    assert shelf.notes == {"a": 1}


def test_pickled_object_notices_changes(db: Session) -> None:
    shelf = pickle.loads(pickle.dumps(Shelf(notes={"a": 1})))
    db.add(shelf)
    db.flush()
    shelf.notes["b"] = 2
    db.commit()

    assert shelf.notes == {"a": 1, "b": 2}


def test_wrong_value_of_a_mutable_type_is_refused() -> None:
    shelf = Shelf(notes={"a": 1})
    with pytest.raises(ValueError, match="does not accept objects of type"):
        shelf.notes = 3
    assert shelf.notes == {"a": 1}
    with pytest.raises(ValueError, match="does not accept objects of type"):
        Shelf(notes=3)


def test_composite_notices_changes(db: Session) -> None:
    for place in (
        Place(point=Point(1, 2)),
        Place(x=1, y=2),
        Place.model_validate({"x": 1}, update={"y": 2}),
    ):
        db.add(place)
        db.flush()
        place.point.x = 5
        db.commit()
        assert (place.x, place.y) == (5, 2)


@ways("object")
def test_value_that_an_event_returns_is_the_one_that_counts(
    db: Session, make: Callable[..., Any]
) -> None:
    item = make(Item, name=" a ")
    assert item.name == "a!"  # once, not twice
    db.add(item)
    db.commit()
    assert item.name == "a!"


@ways("validated", "object", "assigned")
def test_name_that_a_model_lacks_is_refused(make: Callable[..., Any]) -> None:
    for name in ("nme", "__dict__", "__pydantic_private__", "model_dump", "metadata"):
        says = f"'{name}' is an invalid keyword argument for Shop"
        with pytest.raises(TypeError, match=says):
            make(Shop, **{"name": "b", name: {}})


def test_refused_update_changes_nothing() -> None:
    shop = Shop(name="a")
    with pytest.raises(TypeError, match="'nme'"):
        shop.sqlmodel_update({"name": "b", "nme": "c"})
    assert shop.name == "a"
    with pytest.raises(ValueError, match="not a dict"):
        shop.sqlmodel_update(3)


def test_schema_may_have_more_attributes_than_a_new_object() -> None:
    shop = Shop.model_validate(Schema(name="a"), update={"label": "b"})
    assert shop.name == "b"
    with pytest.raises(TypeError, match="'color'"):
        Shop.model_validate(Schema(), update={"color": "b"})


@ways()
def test_relationships_are_taken(db: Session, make: Callable[..., Any]) -> None:
    shop, box = Shop(name="a"), Box()
    item = make(Item, name="x", shop=shop, box=box)
    db.add(item)
    db.commit()
    assert (item.shop_id, item.box_id) == (shop.id, box.id)
    assert item.shop is shop

    other = make(Shop, wares=[Item(name="y")])
    db.add(other)
    db.commit()
    assert [item.name for item in other.wares] == ["y!"]


@ways("validated", "object", "object with", "assigned")
def test_what_has_a_setter_is_taken(make: Callable[..., Any]) -> None:
    item = Item()
    assert make(Shop, label="a").name == "a"
    assert make(Shop, shouted="A").name == "a"
    assert make(Shop, title="a").name == "a"
    assert [item.name for item in make(Shop, item_names=["a"]).wares] == ["a!"]
    assert make(Box, contents=[item]).contents == [item]
    assert make(Place, point=Point(1, 2)).y == 2
    with pytest.raises(AttributeError, match="size"):
        make(Shop, size=3)


@ways("validated", "validated with", "object", "object with", "assigned")
def test_field_is_taken_by_its_name_and_its_aliases(make: Callable[..., Any]) -> None:
    assert make(Alias, plain="a").plain == "a"
    assert make(Alias, plainAlias="a").plain == "a"
    assert make(Alias, one="a").one == "a"
    assert make(Alias, oneAlias="a").one == "a"
    assert make(Alias, first="a").first == "a"
    assert make(Alias, f="a").first == "a"
    with pytest.raises(TypeError, match="'nme'"):
        make(Alias, nme="a")


def test_failed_validation_leaves_other_constructors_as_they_are() -> None:
    REFUSING.append(True)
    try:
        with pytest.raises(RuntimeError):
            Strict.model_validate({"name": "a"})
    finally:
        REFUSING.clear()
    with pytest.raises(RuntimeError):
        Strict(name="raise")
    with pytest.raises(ValidationError):
        Schema.model_validate({"name": 3})
    with pytest.raises(TypeError):
        Shop.model_validate({}, update={"nme": 3})
    assert Shop(name="a").name == "a"
    assert SQLModelTable(name="a").name == "a"
    with pytest.raises(TypeError):
        Shop(nme="a")


class SQLModelTable(SQLModel, table=True):
    metadata = METADATA
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""


def test_model_that_is_no_table_is_as_in_sqlmodel() -> None:
    class Form(Base):
        name: str = Field(default="", max_length=2)

    assert Form.model_validate({"name": "a", "x": 1}).model_dump() == {"name": "a"}
    assert Form(name="a", x=1).name == "a"
    assert Form().sqlmodel_update({"name": "b", "x": 1}).name == "b"
    with pytest.raises(ValidationError):
        Form(name="abc")
    with pytest.raises(ValueError, match="no field"):
        Form().x = 1
    assert Form.model_validate(Schema(name="a"), update={"name": "b"}).name == "b"


def test_copies_and_dumps_are_equal(db: Session) -> None:
    shelf = Shelf(notes={"a": 1}, titles=["b"])
    db.add(shelf)
    db.commit()
    db.refresh(shelf)
    for other in (
        pickle.loads(pickle.dumps(shelf)),
        copy.deepcopy(shelf),
        copy.copy(shelf),
        shelf.model_copy(),
        Shelf.model_validate(shelf),
        Shelf.model_validate(shelf.model_dump()),
        Shelf(**shelf.model_dump()),
    ):
        assert other.model_dump() == shelf.model_dump()
    assert shelf.model_dump() == {
        "notes": {"a": 1},
        "id": 1,
        "titles": ["b"],
        "tags": set(),
    }


def test_models_of_both_kinds_refer_to_each_other(db: Session) -> None:
    label = Label(text="a", shop=Shop(name="b"), tags=[Tag(), Tag()])
    db.add(label)
    db.add(Tag(label=label))
    db.commit()

    assert db.query(Label).one().shop.name == "b"
    assert len(label.tags) == 3
    assert Label.metadata is METADATA
