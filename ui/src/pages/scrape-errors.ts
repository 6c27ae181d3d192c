// Why a scrape failed, in words, with the likely cause and what to do. What is read are the texts of `crates/collect`: each begins
// with what was attempted, and ends with what others said of it, which may be anything.

export type Explained = { what: string; fix: string };

const NO_CONNECTION: [RegExp, string, string][] = [
  [
    /refused/i,
    "Nothing listens there",
    "Is the service running, and on this port? Check the address and whether it listens on this interface.",
  ],
  [/no route|unreachable/i, "Its network cannot be reached", "A firewall or a route is in the way."],
  [
    /timed? ?out/i,
    "Its machine does not answer",
    "Is it running? A firewall may drop the packets on the way.",
  ],
  [/no such file/i, "There is no such socket", "Is the service running, and is this the path of its socket?"],
  [
    /reset|closed|broken pipe/i,
    "It hung up at once",
    "The service restarted, or takes no connections from here.",
  ],
  [
    /denied|not permitted/i,
    "This server may not connect to it",
    "Permissions of the socket or a firewall are in the way.",
  ],
];

const TLS: [RegExp, string, string][] = [
  [
    /InvalidContentType|corrupt message/,
    "It speaks no TLS",
    "What answers there is plain HTTP. Set scheme: http, or have the service speak TLS on this port.",
  ],
  [
    /not valid for( name)?|NotValidForName/i,
    "Its certificate is of another name",
    "Set tls_config.server_name to a name that is in the certificate, or have it issued for this one.",
  ],
  [
    /expired|not valid yet|NotValidYet/i,
    "Its certificate is not valid now",
    "It has run out or begins later: renew it, and check the clocks of both machines.",
  ],
  [
    /CertificateRequired|received fatal alert: (BadCertificate|UnknownCA|AccessDenied|Certificate\w+)/,
    "It wants a certificate of this server",
    "Set tls_config.cert_file and key_file to one that the service trusts.",
  ],
  [
    /peer certificate|UnknownIssuer/,
    "Its certificate is not trusted",
    "Set tls_config.ca_file to the authority that signed it.",
  ],
  [
    /client certificate|client key|\bCA\b|cannot read/,
    "The certificates of this job cannot be used",
    "Check the files that its tls_config names.",
  ],
  [
    /eof|reset|closed/i,
    "It hung up while TLS was agreed on",
    "Does it speak TLS on this port? Its own log may say more.",
  ],
  [/./, "TLS could not be agreed on", "Check tls_config: versions, names and certificates of both sides."],
];

const STATUS: [RegExp, string, string][] = [
  [/^401/, "It asks who is asking", "Set basic_auth or authorization for this job."],
  [/^403/, "It refuses this server", "The credentials are known but not allowed; check its permissions."],
  [
    /^404/,
    "There is no metrics page at this path",
    "Set metrics_path to where the service exposes its metrics.",
  ],
  [/^400/, "It does not understand the request", "Does it want TLS on this port? Then set scheme: https."],
  [/^429/, "It is asked too often", "Raise scrape_interval, or the limit of the service."],
  [/^5/, "The service fails to make its page", "Its own log says why."],
];

const GROWN = "find what made it grow under Metrics, Cardinality.";

/** How a text begins, what that means, or the kinds there are by what follows. */
const KNOWN: [RegExp, string | [RegExp, string, string][], string?][] = [
  [/^cannot connect to .*?: /, NO_CONNECTION],
  [
    /^cannot look up /,
    "Its name is not known",
    "Check the spelling, and whether this machine's DNS knows the name.",
  ],
  [/^TLS: /, TLS],
  [/^server returned HTTP status /, STATUS],
  [
    /^context deadline exceeded/,
    "It did not answer in time",
    "The page is slow or the network drops packets. Raise scrape_timeout, or make the page smaller.",
  ],
  [/^body size limit exceeded/, "The page is larger than allowed", `Raise body_size_limit, or ${GROWN}`],
  [/^sample limit exceeded/, "It has more samples than allowed", `Raise sample_limit, or ${GROWN}`],
  [
    /^label_(name_length_|value_length_)?limit exceeded/,
    "Its labels are longer or more than allowed",
    "Raise the label limits, or shorten the labels.",
  ],
  [
    /^histogram bucket limit exceeded/,
    "A histogram has more buckets than allowed",
    "Raise native_histogram_bucket_limit, or have it made coarser.",
  ],
  [
    /^target_limit exceeded/,
    "The job has more targets than allowed",
    "Raise target_limit, or drop targets by relabelling.",
  ],
  [
    /^(missing metric name|invalid metric name)/,
    "Relabelling leaves names that are none",
    "Check the metric_relabel_configs of this job.",
  ],
  [
    /^the target answers with Content-Type/,
    "What answers is not a metrics page",
    "The path may lead to a page for people: set metrics_path. If it is one, set fallback_scrape_protocol.",
  ],
  [
    /^(line \d+, column|byte) \d+: /,
    "Its page cannot be read",
    "A line does not follow the format; the error says which.",
  ],
  [
    /^cannot decompress body/,
    "Its page cannot be unpacked",
    "The service names another encoding than it uses.",
  ],
  [
    /^cannot read credentials/,
    "The credentials of this job cannot be read",
    "Check the file, and whether this server may read it.",
  ],
  [/^oauth2: /, "No token is given for it", "Check the oauth2 section: address, client and secret."],
  [/^proxy /, "The proxy does not lead there", "Check proxy_url, and what the proxy allows."],
  [/^redirect: /, "It leads elsewhere and on", "Set the address and metrics_path to where the page is."],
  [/^invalid address /, "Its address is none", "Check the target and metrics_path, also after relabelling."],
  [
    /^pages that are being read fill/,
    "Other pages had the memory",
    "Large pages are read a few at a time: it is tried again with the next scrape.",
  ],
  [
    /^HTTP: the answer is not HTTP\/1: "\\u\{15\}\\u\{3\}/,
    "It speaks TLS",
    "What answers there is not plain HTTP. Set scheme: https.",
  ],
  [/^HTTP: the answer is not HTTP/, "What answers is not HTTP", "Another protocol is spoken on this port."],
  [
    /^HTTP: .* before an answer came/,
    "It hung up without an answer",
    "The service restarted or crashed, or it wants TLS on this port: then set scheme: https.",
  ],
  [
    /^HTTP: .*(reset|closed|broken pipe|eof)/i,
    "It hung up in the middle",
    "The service restarted or crashed while it answered.",
  ],
];

export const explainScrape = (error: string): Explained => {
  for (const [beginning, what, fix = ""] of KNOWN) {
    const [begun] = beginning.exec(error) ?? [];
    if (begun === undefined) continue;
    if (typeof what === "string") return { what, fix };
    const kind = what.find(([pattern]) => pattern.test(error.slice(begun.length)));
    if (kind) return { what: kind[1], fix: kind[2] };
  }
  return { what: error || "The last scrape failed", fix: "" };
};
