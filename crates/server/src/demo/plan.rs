//! What the shop is and how it behaves: its services and endpoints, and what a fault does to them. The history and the
//! living services follow the same plan, so that one goes over into the other.

use super::fault::Fault;

/// A service of the shop.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// What it answers.
    pub endpoints: &'static [Endpoint],
    /// How many connections its pool has; none without a database.
    pub pool_max: Option<u64>,
}

/// One of its endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: &'static str,
    /// The route, with parameters in braces.
    pub route: &'static str,
    /// Requests per second on an ordinary day.
    pub rate: f64,
    /// The median time of an answer, in seconds.
    pub median: f64,
    /// The share of requests that fail.
    pub failing: f64,
    /// What it spends most of that time with.
    pub call: Call,
}

/// A call to something outside of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The prefix of its metrics.
    pub prefix: &'static str,
    /// What it does there.
    pub operation: &'static str,
}

/// Which part of an answer's time goes into its call.
pub const CALL_SHARE: f64 = 0.8;

/// How an endpoint behaves at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    /// Requests per second.
    pub rate: f64,
    /// The median time of an answer.
    pub median: f64,
    /// How many times slower the slow tenth of the answers is.
    pub tail: f64,
    /// The share that fails.
    pub failing: f64,
}

const fn endpoint(
    method: &'static str,
    route: &'static str,
    rate: f64,
    median: f64,
    failing: f64,
    call: Call,
) -> Endpoint {
    Endpoint { method, route, rate, median, failing, call }
}

const fn query(operation: &'static str) -> Call {
    Call { prefix: "db_query", operation }
}

const fn api(operation: &'static str) -> Call {
    Call { prefix: "external_api", operation }
}

/// The shop.
pub static SERVICES: &[Service] = &[
    Service {
        name: "orders",
        endpoints: &[
            endpoint("GET", "/orders/{id}", 5.0, 0.035, 0.000_5, query("select_order")),
            endpoint("POST", "/orders", 1.5, 0.060, 0.001, query("insert_order")),
            endpoint("GET", "/orders", 1.0, 0.025, 0.000_2, query("list_orders")),
        ],
        pool_max: Some(20),
    },
    Service {
        name: "payments",
        endpoints: &[
            endpoint("POST", "/payments", 1.5, 0.090, 0.001, api("charge_card")),
            endpoint("POST", "/refunds", 0.3, 0.110, 0.001, api("refund_card")),
            endpoint("GET", "/payments/{id}", 2.0, 0.012, 0.0, query("select_payment")),
        ],
        pool_max: Some(10),
    },
    Service {
        name: "catalog",
        endpoints: &[
            endpoint("GET", "/products/{id}", 9.0, 0.006, 0.000_1, query("select_product")),
            endpoint("GET", "/search", 4.0, 0.030, 0.000_5, query("search_products")),
        ],
        pool_max: None,
    },
];

impl Service {
    /// How an endpoint behaves under a fault.
    pub fn behaviour(&self, endpoint: &Endpoint, fault: Option<Fault>) -> Behaviour {
        let Endpoint { rate, median, failing, .. } = *endpoint;
        let mut behaviour = Behaviour { rate, median, tail: 1.6, failing };
        match (fault, self.name, endpoint.route) {
            (Some(Fault::SlowDatabase), "orders", "/orders/{id}") => behaviour.tail = 70.0,
            (Some(Fault::Errors), "payments", "/payments") => behaviour.failing = 0.18,
            (Some(Fault::Pool), "orders", "/orders" | "/orders/{id}") => {
                behaviour.tail = 12.0;
                behaviour.failing = 0.02;
            }
            (Some(Fault::Traffic), "catalog", _) => behaviour.rate = rate * 0.08,
            _ => {}
        }
        behaviour
    }

    /// How many of the pool's connections are used.
    pub fn pool_used(&self, fault: Option<Fault>, chance: f64) -> u64 {
        let most = self.pool_max.unwrap_or(0);
        let usual = (most as f64 * (0.2 + 0.15 * chance)) as u64;
        match (fault, self.name) {
            (Some(Fault::SlowDatabase), "orders") => most * 7 / 10,
            (Some(Fault::Pool), "orders") => most,
            _ => usual,
        }
    }
}

/// Chance that is the same in every run: a small generator with its own state.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A generator from a seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number from 0 up to 1.
    pub fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number around 0, seldom beyond 3 either way.
    pub fn normal(&mut self) -> f64 {
        (0..6).map(|_| self.share()).sum::<f64>().mul_add(1.414, -4.242)
    }

    /// The time of an answer, in seconds.
    pub fn duration(&mut self, behaviour: &Behaviour) -> f64 {
        let slow = if self.share() < 0.1 { behaviour.tail } else { 1.0 };
        behaviour.median * slow * (0.4 * self.normal()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_touches_what_it_is_about_and_nothing_else() {
        for service in SERVICES {
            for endpoint in service.endpoints {
                let well = service.behaviour(endpoint, None);
                let failing = service.behaviour(endpoint, Some(Fault::Errors));
                assert_eq!(well != failing, endpoint.route == "/payments", "{}", endpoint.route);
            }
        }
    }

    #[test]
    fn answers_take_about_as_long_as_planned() {
        let mut chance = Chance::new(7);
        let behaviour = Behaviour { rate: 1.0, median: 0.1, tail: 1.0, failing: 0.0 };
        let mut times: Vec<f64> = (0..2001).map(|_| chance.duration(&behaviour)).collect();
        times.sort_by(f64::total_cmp);
        assert!((0.09..0.11).contains(&times[1000]), "{}", times[1000]);
    }
}
