// Why a scrape failed, in words, with the likely cause and what to do.

export type Explained = { what: string; fix: string };

const KNOWN: [RegExp, string, string][] = [
  [
    /refused/i,
    "Nothing listens there",
    "Is the service running, and on this port? Check the address and whether it listens on this interface.",
  ],
  [
    /timed? ?out|deadline|did not (answer|arrive) in time/i,
    "It did not answer in time",
    "The page is slow or the network drops packets. Raise scrape_timeout, or make the page smaller.",
  ],
  [
    /no such host|name.*resol|lookup|dns/i,
    "Its name is not known",
    "Check the spelling, and whether this machine's DNS knows the name.",
  ],
  [/no route|unreachable/i, "Its network cannot be reached", "A firewall or a route is in the way."],
  [
    /certificate|tls|handshake|x509/i,
    "Its certificate is not trusted",
    "Set tls_config.ca_file to the authority that signed it, or scheme: http if it speaks none.",
  ],
  [/\b401\b|unauthori[sz]ed/i, "It asks who is asking", "Set basic_auth or authorization for this job."],
  [
    /\b403\b|forbidden/i,
    "It refuses this server",
    "The credentials are known but not allowed; check its permissions.",
  ],
  [
    /\b404\b|not found/i,
    "There is no metrics page at this path",
    "Set metrics_path to where the service exposes its metrics.",
  ],
  [/\b5\d\d\b/, "The service fails to make its page", "Its own log says why."],
  [
    /body.*(limit|large)|too (large|many bytes)/i,
    "The page is larger than allowed",
    "Raise body_size_limit, or find what made it grow under Metrics, Cardinality.",
  ],
  [
    /sample.?limit|too many samples/i,
    "It has more samples than allowed",
    "Raise sample_limit, or find what made it grow under Metrics, Cardinality.",
  ],
  [
    /label.*limit/i,
    "Its labels are longer or more than allowed",
    "Raise the label limits, or shorten the labels.",
  ],
  [
    /content.?type|text\/html/i,
    "What answers is not a metrics page",
    "The path leads to a page for people. Set metrics_path.",
  ],
  [
    /parse|expected|invalid|unexpected/i,
    "Its page cannot be read",
    "A line does not follow the format; the error says which.",
  ],
  [
    /reset|closed|broken pipe|eof/i,
    "It hung up in the middle",
    "The service restarted or crashed while it answered.",
  ],
];

export const explainScrape = (error: string): Explained => {
  const found = KNOWN.find(([pattern]) => pattern.test(error));
  return found ? { what: found[1], fix: found[2] } : { what: error || "The last scrape failed", fix: "" };
};
