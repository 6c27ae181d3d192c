//! What the derive macros make of structs and enums.

use std::borrow::Cow;

use flightdeck::{Counter, Family, LabelValue, Labels, Registry};

#[derive(LabelValue)]
enum Method {
    Card,
    BankTransfer,
    #[label("SEPA debit")]
    Debit,
}

/// Every kind of field there is.
#[derive(Labels)]
struct Order<'a> {
    #[label("payment_method")]
    pub method: Method,
    pub(crate) country: &'a str,
    /// An absent voucher is an empty label.
    voucher: Option<&'a str>,
    r#type: Cow<'a, str>,
    status: u16,
    gift: bool,
}

#[derive(Labels)]
struct Nothing {}

fn order(method: Method, country: &str) -> Order<'_> {
    Order { method, country, voucher: None, r#type: Cow::Borrowed("web"), status: 200, gift: true }
}

#[test]
fn fields_are_labels_in_order() {
    let registry = Registry::new();
    let orders: Family<Order<'static>, Counter> =
        registry.counter("orders", "Orders taken.").family::<Order<'_>>().unwrap();
    let country = String::from("de");
    orders.get(&order(Method::Card, &country)).inc();
    orders.with(&order(Method::BankTransfer, &country), Counter::inc);
    orders.with(&order(Method::Debit, &country), |counter| counter.add(2.0));
    orders.with(&order(Method::Card, &country), |counter| counter.add(2.0));
    let want = "# HELP orders_total Orders taken.\n\
        # TYPE orders_total counter\n\
        orders_total{country=\"de\",gift=\"true\",payment_method=\"card\",status=\"200\",type=\"web\",voucher=\"\"} 3.0\n\
        orders_total{country=\"de\",gift=\"true\",payment_method=\"bank_transfer\",status=\"200\",type=\"web\",voucher=\"\"} 1.0\n\
        orders_total{country=\"de\",gift=\"true\",payment_method=\"SEPA debit\",status=\"200\",type=\"web\",voucher=\"\"} 2.0\n";
    assert_eq!(registry.text(), want);
    assert_eq!(orders.series(), 3);
}

#[test]
fn a_struct_without_fields_is_one_series() {
    let registry = Registry::new();
    let orders = registry.counter("orders", "Orders taken.").family::<Nothing>().unwrap();
    orders.get(&Nothing {}).inc();
    assert!(registry.text().ends_with("orders_total 1.0\n"));
}
