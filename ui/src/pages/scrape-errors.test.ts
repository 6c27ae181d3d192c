// The texts are those that the server says of such targets.
import { expect, test } from "vitest";
import { explainScrape } from "./scrape-errors";

const check = (error: string, what: string): void => expect(explainScrape(error).what, error).toBe(what);

test("numbers in an error are no status", () => {
  check("sample limit exceeded: 594 samples, 100 allowed", "It has more samples than allowed");
  check("body size limit exceeded: more than 503 bytes", "The page is larger than allowed");
  check('line 404, column 5: expected a value: "a 1 2 3"', "Its page cannot be read");
  check("byte 503: malformed protobuf", "Its page cannot be read");
  check(
    'label_limit exceeded: a{instance="10.0.0.1:502", refused="x"} has 4 labels, 3 allowed',
    "Its labels are longer or more than allowed",
  );
  check(
    'label_value_length_limit exceeded: label "path" of a{path="timeout"} is longer than 3 bytes',
    "Its labels are longer or more than allowed",
  );
  check("target_limit exceeded: the job has more than 500 targets", "The job has more targets than allowed");
});

test("statuses", () => {
  check("server returned HTTP status 503 Service Unavailable", "The service fails to make its page");
  check("server returned HTTP status 404 Not Found", "There is no metrics page at this path");
  check("server returned HTTP status 401 Unauthorized", "It asks who is asking");
  check("server returned HTTP status 418 I'm a teapot", "server returned HTTP status 418 I'm a teapot");
});

test("TLS on one side only is not told as a certificate", () => {
  const handshake = "TLS: handshake with 127.0.0.1: ";
  check(`${handshake}received corrupt message of type InvalidContentType`, "It speaks no TLS");
  check(String.raw`HTTP: the answer is not HTTP/1: "\u{15}\u{3}\u{3}\0\u{2}\u{2}P"`, "It speaks TLS");
  check('HTTP: the answer is not HTTP/1: "SSH-2.0-OpenSSH_9.2"', "What answers is not HTTP");
  check(`${handshake}invalid peer certificate: UnknownIssuer`, "Its certificate is not trusted");
  check(
    `${handshake}invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))`,
    "Its certificate is not trusted",
  );
  check(`${handshake}invalid peer certificate: Expired`, "Its certificate is not valid now");
  check(
    `${handshake}invalid peer certificate: certificate not valid for name "orders"; certificate is only valid for DnsName("shop")`,
    "Its certificate is of another name",
  );
  check("TLS: received fatal alert: CertificateRequired", "It wants a certificate of this server");
  check(`${handshake}tls handshake eof`, "It hung up while TLS was agreed on");
  check("TLS: the CA holds no certificate", "The certificates of this job cannot be used");
});

test("connections, names and pages", () => {
  check("cannot connect to 127.0.0.1:1: Connection refused (os error 111)", "Nothing listens there");
  check("cannot connect to 10.9.9.9:80: No route to host (os error 113)", "Its network cannot be reached");
  check(
    "cannot look up nowhere: failed to lookup address information: Name or service not known",
    "Its name is not known",
  );
  check("context deadline exceeded: no complete answer within 1s", "It did not answer in time");
  check("HTTP: the connection was closed before an answer came", "It hung up without an answer");
  check(
    'the target answers with Content-Type "text/html; charset=utf-8", which is none of an exposition, and no fallback_scrape_protocol is set',
    "What answers is not a metrics page",
  );
  check(
    "oauth2: cannot fetch token from http://a/: server returned HTTP status 401 Unauthorized",
    "No token is given for it",
  );
  check("", "The last scrape failed");
  check("something else", "something else");
});
