from datetime import UTC, datetime, timedelta

import pytest

from clinic.appointments import TakenError, book, cancel, hire, patients_of
from clinic.models import Doctor

NINE = datetime(2030, 1, 7, 9, tzinfo=UTC)


@pytest.mark.asyncio
async def test_general_practice_takes_a_quarter_of_an_hour() -> None:
    doctor = await hire("Dr. Watson", "general")
    appointment = await book(doctor, "Ada", NINE)

    assert appointment.ends - appointment.begins == timedelta(minutes=15)


@pytest.mark.asyncio
async def test_surgery_takes_three_quarters_of_an_hour(surgeon: Doctor) -> None:
    appointment = await book(surgeon, "Ada", NINE)

    assert appointment.ends - appointment.begins == timedelta(minutes=45)


@pytest.mark.asyncio
@pytest.mark.parametrize("minutes", [0, 15, 44])
async def test_doctor_has_one_patient_at_a_time(surgeon: Doctor, minutes: int) -> None:
    await book(surgeon, "Ada", NINE)

    with pytest.raises(TakenError, match="Kay"):
        await book(surgeon, "Grace", NINE + timedelta(minutes=minutes))

    assert await patients_of(surgeon) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("minutes", [-45, 45, 90])
async def test_next_patient_comes_afterwards(surgeon: Doctor, minutes: int) -> None:
    await book(surgeon, "Ada", NINE)
    await book(surgeon, "Grace", NINE + timedelta(minutes=minutes))

    assert await patients_of(surgeon) == 2


@pytest.mark.asyncio
async def test_cancelled_time_is_free_again(surgeon: Doctor) -> None:
    await cancel(await book(surgeon, "Ada", NINE))
    await book(surgeon, "Grace", NINE)

    assert await patients_of(surgeon) == 1


@pytest.mark.asyncio
async def test_doctors_do_not_wait_for_each_other(surgeon: Doctor) -> None:
    other = await hire("Dr. Who", "general")
    await book(surgeon, "Ada", NINE)
    await book(other, "Grace", NINE)

    assert await patients_of(other) == 1
