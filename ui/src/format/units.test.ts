import { expect, test } from "vitest";
import { show } from "./units";

const check = (value: number | null, unit: string, want: string, decimals?: number): void =>
  expect(show(value, unit, decimals), `${value} ${unit}`).toBe(want);

test("values are shown in the unit that reads best", () => {
  check(0, "short", "0");
  check(12.3, "short", "12", -1);
  check(1.5, "s", "1.50000000000000000000 s", 99);
  check(1234, "short", "1.23k");
  check(1_500_000, "short", "1.5M");
  check(999.96, "short", "1k");
  check(0.00042, "s", "420 µs");
  check(0.25, "s", "250 ms");
  check(2.34567, "s", "2.35 s");
  check(90, "s", "1.5 min");
  check(7200, "s", "2 h");
  check(1500, "ms", "1.5 s");
  check(1024, "bytes", "1 KiB");
  check(1000, "decbytes", "1 kB");
  check(1_572_864, "bytes", "1.5 MiB");
  check(2_500_000, "bps", "2.5 Mb/s");
  check(0.0734, "percentunit", "7.34%");
  check(42.5, "percent", "42.5%");
  check(12.34, "reqps", "12.3 req/s");
  check(15_000, "ops", "15k ops/s");
  check(-2048, "bytes", "-2 KiB");
});

test("sizes in larger units go on as those in bytes do", () => {
  check(1.5, "kbytes", "1.5 KiB");
  check(2048, "KiBs", "2 MiB/s");
  check(2 * 1024 ** 3, "KiBs", "2 TiB/s");
  check(3000, "Gbits", "3 Tb/s");
  check(3e6, "Gbits", "3 Pb/s");
});

test("dates, durations, currencies and what people made up", () => {
  check(90_061, "dtdurations", "1 day, 1 hour");
  check(3_661, "dthms", "01:01:01");
  check(1_700_000_000_000, "dateTimeAsIso", "2023-11-14 22:13:20");
  check(1234, "currencyUSD", "$1.23k");
  check(5, "cores", "5 cores");
  check(5, "widgets", "5 widgets");
  check(5, "suffix: per pod", "5 per pod");
  check(5, "suffix:pods", "5 pods");
  check(5, "prefix:v", "v5");
  check(1500, "si:mW", "1.5 W");
  check(1, "bool_yes_no", "Yes");
  check(255, "hex", "FF");
});

test("decimals are kept where they were asked for, and what is no number says so", () => {
  check(2.34567, "none", "2.3", 1);
  check(3, "none", "3.00", 2);
  check(null, "s", "–");
  check(NaN, "s", "NaN");
  check(Infinity, "s", "∞");
});

test("units that begin at a larger step, and what no date or table can hold", () => {
  check(2048, "tbytes", "2 PiB");
  check(1500, "GBs", "1.5 TB/s");
  check(3, "pressurepsi", "3 psi");
  check(1200, "currencyPLN", "1.2k zł");
  check(1e20, "dateTimeAsIso", "–");
  check(-1e20, "time:YYYY", "–");
  check(7, "constructor", "7 constructor");
});

test("times by a pattern, whatever the zone", () => {
  const at = Date.UTC(2026, 2, 1, 15, 4, 5, 60);
  check(at, "time:YYYY-MM-DD HH:mm:ss.SSS", "2026-03-01 15:04:05.060");
  check(at, "time:ddd, Do MMM [at] h:mm a", "Sun, 1st Mar at 3:04 pm");
  check(at, "dateTimeAsUS", "03/01/2026 3:04:05 pm");
  check(Date.now(), "dateTimeAsIsoNoDateIfToday", show(Date.now(), "time:HH:mm:ss"));
  check(at, "dateTimeAsIsoNoDateIfToday", "2026-03-01 15:04:05");
});

test("units of one's own", () => {
  check(2_500, "count:jobs", "2.5k jobs");
  check(0.0025, "si:W", "2.5 mW");
  check(1_500, "si:μs", "1.5 ms");
  check(1_234_567.5, "currency:€", "€1.23M");
  check(1_234_567.5, "currency:financial:€", "€1,234,567.5");
  check(1_234.5, "currency:financial:kr:suffix", "1,234.50 kr", 2);
  check(1, "bool:open/shut", "open");
  check(0, "bool:open/shut", "shut");
  check(0, "bool:open", "-");
  check(12.3456789, "string", "12.3456789");
});

test("what is measured may be less than one, and what is counted is not cut into parts", () => {
  check(0.5, "watt", "500 mW");
  check(1500, "mwatt", "1.5 W");
  check(0.25, "kwatt", "250 W");
  check(0.5, "Bps", "0.5 B/s");
  check(2_000, "pressurepsi", "2 ksi");
  check(3, "rotmhz", "3 MHz");
  check(4, "hectares", "4 ha");
  check(1_200, "currencySEK", "1.2k kr");
  check(90_061, "dthms", "25:01:01");
  check(90_061, "dtdhms", "1 d 01:01:01");
});
