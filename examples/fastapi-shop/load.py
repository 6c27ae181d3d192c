"""Customers: `python load.py [URL] [SECONDS]`."""

from __future__ import annotations

import asyncio
import random
import sys
import time

import httpx


async def customer(client: httpx.AsyncClient, until: float) -> None:
    while time.monotonic() < until:
        user = f"user{random.randrange(200)}"
        try:
            await client.put(f"/baskets/{user}")
            method = random.choice(["card", "card", "invoice", "paypal"])
            made = await client.post(
                "/orders", json={"user": user, "item": f"item{random.randrange(50)}", "payment_method": method}
            )
            if made.status_code == 201:
                await client.get(f"/orders/{made.json()['order']}")
            if random.random() < 0.05:
                await client.get("/report")
            if random.random() < 0.02:
                await client.get("/orders/999999999")
        except httpx.HTTPError as error:
            print(f"no answer: {error!r}", file=sys.stderr)
        await asyncio.sleep(random.expovariate(5))


async def main(url: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        await asyncio.gather(*(customer(client, until) for _ in range(10)))


if __name__ == "__main__":
    asyncio.run(
        main(
            sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000",
            float(sys.argv[2]) if len(sys.argv) > 2 else 60,
        )
    )
