//! Targets from DNS: services by SRV, hosts by A, AAAA, MX and NS.

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use model::Labels;

use super::{Publisher, TargetGroup};
use crate::config::{DnsRecord, DnsSdConfig};
use crate::target::ADDRESS;

pub(super) async fn run(config: DnsSdConfig, publisher: Publisher) {
    let record = match config.record() {
        Ok(record) => record,
        Err(error) => return publisher.fail(format!("dns_sd: {error}")),
    };
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build());
    let resolver = match resolver {
        Ok(resolver) => resolver,
        Err(error) => {
            return publisher.fail(format!("dns_sd: cannot read the resolver's configuration: {error}"));
        }
    };
    let mut known: Vec<Option<TargetGroup>> = vec![None; config.names.len()];
    let mut ticks = tokio::time::interval(config.refresh().to_duration());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut failure = None;
        for (name, known) in config.names.iter().zip(&mut known) {
            match look_up(&resolver, name, record, config.port.unwrap_or(0)).await {
                Ok(group) => *known = Some(group),
                // A name that cannot be looked up keeps what it had; the others are refreshed all the same.
                Err(error) => failure = Some(format!("dns_sd {name}: {error}")),
            }
        }
        publisher.publish(known.iter().flatten().cloned().collect()).await;
        if let Some(failure) = failure {
            publisher.fail(failure);
        }
    }
}

async fn look_up(
    resolver: &TokioResolver,
    name: &str,
    record: DnsRecord,
    port: u32,
) -> Result<TargetGroup, hickory_resolver::net::NetError> {
    let record_type = match record {
        DnsRecord::Srv => RecordType::SRV,
        DnsRecord::A => RecordType::A,
        DnsRecord::Aaaa => RecordType::AAAA,
        DnsRecord::Mx => RecordType::MX,
        DnsRecord::Ns => RecordType::NS,
    };
    let answers = match resolver.lookup(name, record_type).await {
        Ok(lookup) => lookup.answers().iter().map(|answer| answer.data.clone()).collect(),
        // A name without such records has no targets; that is an answer, not a failure.
        Err(error) if error.is_no_records_found() => Vec::new(),
        Err(error) => return Err(error),
    };
    let targets = answers.iter().filter_map(|data| target_of(name, data, port)).collect();
    Ok(TargetGroup { labels: Labels::empty(), targets })
}

/// The target behind one record.
fn target_of(name: &str, data: &RData, port: u32) -> Option<Labels> {
    const NAME: &str = "__meta_dns_name";
    let with_port = |host: &str| match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    };
    let bare = |host: String| host.trim_end_matches('.').to_owned();
    Some(match data {
        RData::SRV(srv) => {
            let (host, port) = (bare(srv.target.to_string()), srv.port.to_string());
            let address = format!("{host}:{port}");
            Labels::from_pairs([
                (ADDRESS, address.as_str()),
                (NAME, name),
                ("__meta_dns_srv_record_target", &srv.target.to_string()),
                ("__meta_dns_srv_record_port", &port),
            ])
        }
        RData::MX(mx) => {
            let target = mx.exchange.to_string();
            Labels::from_pairs([
                (ADDRESS, with_port(&bare(target.clone())).as_str()),
                (NAME, name),
                ("__meta_dns_mx_record_target", &target),
            ])
        }
        RData::NS(ns) => {
            let target = ns.0.to_string();
            Labels::from_pairs([
                (ADDRESS, with_port(&bare(target.clone())).as_str()),
                (NAME, name),
                ("__meta_dns_ns_record_target", &target),
            ])
        }
        RData::A(a) => Labels::from_pairs([(ADDRESS, with_port(&a.0.to_string()).as_str()), (NAME, name)]),
        RData::AAAA(a) => Labels::from_pairs([(ADDRESS, with_port(&a.0.to_string()).as_str()), (NAME, name)]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::rdata;

    use super::*;

    #[test]
    fn records_become_addresses() {
        let check = |data: RData, want: &str| {
            assert_eq!(target_of("svc.example.com", &data, 80).unwrap().value(ADDRESS), want);
        };
        let name = |text: &str| text.parse().unwrap();
        check(RData::SRV(rdata::SRV::new(0, 0, 3333, name("db1.example.com."))), "db1.example.com:3333");
        check(RData::MX(rdata::MX::new(0, name("smtp1.example.com."))), "smtp1.example.com:80");
        check(RData::NS(rdata::NS(name("ns1.example.com."))), "ns1.example.com:80");
        check(RData::A(rdata::A::new(192, 0, 2, 2)), "192.0.2.2:80");
        check(RData::AAAA("::1".parse::<std::net::Ipv6Addr>().unwrap().into()), "[::1]:80");
    }
}
