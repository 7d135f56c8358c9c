"""The tables."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Identity, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The base of all tables."""


class Specialty(Base):
    """What doctors do, and how long it takes; the migrations fill it."""

    __tablename__ = "specialty"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    minutes: Mapped[int]


class Doctor(Base):
    """Somebody who sees patients."""

    __tablename__ = "doctor"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    specialty_code: Mapped[str] = mapped_column(ForeignKey("specialty.code"))
    specialty: Mapped[Specialty] = relationship(lazy="joined")


class Appointment(Base):
    """A patient's time with a doctor."""

    __tablename__ = "appointment"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.id"))
    patient: Mapped[str] = mapped_column(String(100))
    begins: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends: Mapped[datetime] = mapped_column(DateTime(timezone=True))
