// A service instrumented with the official Go client: native and classic histograms, counters with exemplars.
// It prints the address it listens on and serves until it is killed.
package main

import (
	"fmt"
	"log"
	"math"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	registry := prometheus.NewRegistry()
	native := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                        "peer_native_duration_seconds",
		Help:                        "Durations in exponential buckets.",
		NativeHistogramBucketFactor: 1.1,
	}, []string{"route"})
	both := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:                        "peer_both_duration_seconds",
		Help:                        "Durations in exponential and in classic buckets.",
		Buckets:                     []float64{0.1, 1, 10},
		NativeHistogramBucketFactor: 1.1,
	})
	requests := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "peer_requests_total",
		Help: "Requests.",
	})
	registry.MustRegister(native, both, requests)

	// 1,000 observations from 2^-10 to 2^10, spread evenly over the exponents; sum and count are known to the reader.
	for i := range 1000 {
		value := math.Pow(2, -10+float64(i)*20/999)
		native.WithLabelValues("/orders/{id}").Observe(value)
		both.Observe(value)
	}
	requests.(prometheus.ExemplarAdder).AddWithExemplar(7, prometheus.Labels{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	http.Handle("/metrics", handler)
	log.Fatal(http.Serve(listener, nil))
}
