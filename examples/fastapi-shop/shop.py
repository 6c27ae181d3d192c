"""An orders service with what a real one has: a database, a cache, a payment service, and numbers of the business.

Everything about operating it is in the first thirty lines; the rest is the shop.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import asynccontextmanager, suppress
from typing import Any, AsyncIterator, Dict

import httpx
from fastapi import BackgroundTasks, FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Float, String, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import flightdeck
from flightdeck import checks
from flightdeck.prometheus_client import Counter, Gauge, Histogram

DATABASE_URL = os.environ.get("SHOP_DATABASE_URL", "sqlite+aiosqlite:///shop.db")
PAYMENTS_URL = os.environ.get("SHOP_PAYMENTS_URL", "http://127.0.0.1:8000/fake-payments")

ORDERS = Counter("orders_created_total", "Orders that were paid.", ["payment_method"])
REFUSED = Counter("orders_refused_total", "Orders that were not, and why.", ["reason"])
DOLLARS = Histogram("order_total_dollars", "What orders came to.", buckets=(5, 10, 25, 50, 100, 250, 500, 1_000))
ACTIVE_USERS = Gauge("active_users", "Users with a basket.", multiprocess_mode="livesum")
PRICES = flightdeck.Cache("prices")

engine = create_async_engine(DATABASE_URL)
Session = async_sessionmaker(engine, expire_on_commit=False)

checks.sqlalchemy("database", engine, timeout=1.0, cache=5)
checks.disk("disk", ".", critical=False, cache=30)


@flightdeck.check("payments", critical=False, timeout=1.0, cache=5)
async def payments_answer() -> None:
    """Orders can wait for the payment service; so without it the shop is degraded, not down."""
    async with httpx.AsyncClient() as client:
        (await client.get(f"{PAYMENTS_URL}/health")).raise_for_status()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(String(64))
    item: Mapped[str] = mapped_column(String(64))
    dollars: Mapped[float] = mapped_column(Float)


class NewOrder(BaseModel):
    user: str = Field(max_length=64)
    item: str = Field(max_length=64)
    payment_method: str = Field(pattern="^(card|invoice|paypal)$")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    # Of several workers one is the first.
    with suppress(OperationalError):
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(title="shop", version="1.0.0", lifespan=lifespan)
flightdeck.instrument(app, service="fastapi-shop")

_prices: Dict[str, float] = {}
_baskets: Dict[str, int] = {}


def price_of(item: str) -> float:
    """From the cache, which forgets now and then as real ones do."""
    if item in _prices and random.random() > 0.02:
        PRICES.hit()
    else:
        PRICES.miss()
        if len(_prices) > 1_000:
            _prices.clear()
        _prices[item] = round(5 + random.lognormvariate(3, 1), 2)
    return _prices[item]


@app.post("/orders", status_code=201)
async def create_order(new: NewOrder, tasks: BackgroundTasks) -> Dict[str, Any]:
    dollars = price_of(new.item)
    async with httpx.AsyncClient() as client:
        paid = await client.post(f"{PAYMENTS_URL}/charge", json={"dollars": dollars, "method": new.payment_method})
    if paid.status_code != 200:
        REFUSED.labels("payment").inc()
        raise HTTPException(402, "the payment was refused")
    async with Session() as session:
        order = Order(user=new.user, item=new.item, dollars=dollars)
        session.add(order)
        await session.commit()
    ORDERS.labels(new.payment_method).inc()
    DOLLARS.observe(dollars)
    _baskets.pop(new.user, None)
    ACTIVE_USERS.set(len(_baskets))
    tasks.add_task(send_receipt, order.id)
    return {"order": order.id, "dollars": dollars, "request_id": flightdeck.request_id()}


async def send_receipt(order: int) -> None:
    await asyncio.sleep(0.05)


@app.put("/baskets/{user}")
async def fill_basket(user: str) -> Dict[str, int]:
    if len(_baskets) < 10_000:
        _baskets[user] = _baskets.get(user, 0) + 1
    ACTIVE_USERS.set(len(_baskets))
    return {"items": _baskets.get(user, 0)}


@app.get("/orders/{order}")
async def get_order(order: int) -> Dict[str, Any]:
    async with Session() as session:
        found = await session.get(Order, order)
    if found is None:
        raise HTTPException(404, "there is no such order")
    return {"order": found.id, "item": found.item, "dollars": found.dollars}


@app.get("/report")
async def report() -> Dict[str, float]:
    async with Session() as session:
        count, dollars = (await session.execute(select(func.count(Order.id), func.sum(Order.dollars)))).one()
        await session.execute(text("SELECT 1"))
    return {"orders": count, "dollars": dollars or 0.0}


@app.post("/fake-payments/charge")
async def charge() -> Dict[str, str]:
    """Stands for the payment service, which is somebody else's."""
    await asyncio.sleep(random.expovariate(1 / 0.02))
    if random.random() < 0.02:
        raise HTTPException(503, "the bank does not answer")
    return {"state": "paid"}


@app.get("/fake-payments/health")
async def payments_health() -> Dict[str, str]:
    return {"status": "pass"}
