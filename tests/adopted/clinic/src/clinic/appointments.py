"""What the reception does."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from clinic.database import Session
from clinic.models import Appointment, Doctor


class TakenError(Exception):
    """The doctor has another patient then."""


async def hire(name: str, specialty: str) -> Doctor:
    """Add a doctor."""
    async with Session.begin() as session:
        doctor = Doctor(name=name, specialty_code=specialty)
        session.add(doctor)
        await session.flush()
        await session.refresh(doctor)
        return doctor


async def book(doctor: Doctor, patient: str, begins: datetime) -> Appointment:
    """Give a patient the time that the doctor's specialty takes."""
    ends = begins + timedelta(minutes=doctor.specialty.minutes)
    appointment = Appointment(
        doctor_id=doctor.id, patient=patient, begins=begins, ends=ends
    )
    async with Session() as session:
        session.add(appointment)
        try:
            await session.commit()
        except IntegrityError as error:
            await session.rollback()
            raise TakenError(f"{doctor.name} at {begins:%H:%M}") from error
    return appointment


async def cancel(appointment: Appointment) -> None:
    """Give the time back."""
    async with Session.begin() as session:
        await session.delete(appointment)


async def patients_of(doctor: Doctor) -> int:
    """Return how many different patients a doctor has."""
    patients = func.count(Appointment.patient.distinct())
    async with Session() as session:
        query = select(patients).where(Appointment.doctor_id == doctor.id)
        return await session.scalar(query) or 0
