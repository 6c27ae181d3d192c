// The zones one can choose from, and which of them a few letters mean.
import { LOCAL, offsetText, readZone, UTC, type Zone, zoneName } from "../format/zone";

/** Names that some browsers still list as they were, and what they are called now. */
const RENAMED: Record<string, string> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

let listed: Zone[] | undefined;

/** Local time, UTC, and every zone the browser knows. */
export const allZones = (): Zone[] => {
  listed ??= [
    LOCAL,
    UTC,
    ...Intl.supportedValuesOf("timeZone")
      .map((name) => (RENAMED[name] && readZone(RENAMED[name])) || name)
      .filter((name) => readZone(name) !== UTC)
      .toSorted(),
  ];
  return listed;
};

/** What stands for a zone in a list. */
export const zoneTitle = (zone: Zone): string =>
  zone === LOCAL ? `Local: ${zoneName(zone)}` : zoneName(zone).replace(/_/g, " ");

/** The zones whose name or offset has all that is typed; also those known by a name that is not listed. */
export const zonesFor = (typed: string, now: number): Zone[] => {
  const words = typed.toLowerCase().replace(/_/g, " ").split(/\s+/).filter(Boolean);
  const byOffset = /\d/.test(typed);
  const found = allZones().filter((zone) => {
    const about =
      `${zoneTitle(zone)} ${byOffset ? offsetText(now, zone).replace("−", "-") : ""}`.toLowerCase();
    return words.every((word) => about.includes(word));
  });
  const named = readZone(typed.trim());
  return named && !found.includes(named) ? [named, ...found] : found;
};
