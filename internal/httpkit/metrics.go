package httpkit

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"purse/internal/logging"
)

// commonStatuses have their counters ready for every route; others are looked up.
var commonStatuses = [...]int{200, 201, 204, 400, 401, 403, 404, 406, 409, 415, 422, 429, 500, 503}

// Metrics are the process's Prometheus metrics: those of requests, of the Go
// runtime and of the process, and what other packages add to Registry.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	known    sync.Map // seriesName → *series
}

type seriesName struct{ route, method string }

// series is what requests of one route and method count as.
type series struct {
	route    string
	counters map[int]prometheus.Counter // of commonStatuses; never written after it is made
	others   *prometheus.CounterVec     // by status
	duration prometheus.Observer
}

// NewMetrics makes a registry of its own, which also shows how many lines log has
// dropped.
func NewMetrics(log *logging.Log) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "purse_http_requests_total", Help: "Requests answered, by route pattern, method and status.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "purse_http_request_duration_seconds", Help: "Time from a request's header to its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "purse_http_requests_in_flight", Help: "Requests not yet answered.",
		}),
	}
	dropped := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "purse_log_lines_dropped_total", Help: "Access lines lost because the log's reader was too slow.",
	}, func() float64 { return float64(log.Dropped()) })
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, dropped,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry is where other packages register theirs.
func (m *Metrics) Registry() prometheus.Registerer { return m.registry }

// Handler shows the metrics to whoever asks, for a listener of its own. On the
// listener that clients use it must stand behind LocalOnly.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 5 * time.Second})
}

func (m *Metrics) series(route, method string) *series {
	name := seriesName{route, method}
	if s, ok := m.known.Load(name); ok {
		return s.(*series)
	}
	s := &series{
		route:    route,
		counters: make(map[int]prometheus.Counter, len(commonStatuses)),
		others:   m.requests.MustCurryWith(prometheus.Labels{"route": route, "method": method}),
		duration: m.duration.WithLabelValues(route, method),
	}
	for _, status := range commonStatuses {
		s.counters[status] = s.others.WithLabelValues(strconv.Itoa(status))
	}
	kept, _ := m.known.LoadOrStore(name, s)
	return kept.(*series)
}

func (s *series) observe(status int, took time.Duration) {
	counter, ok := s.counters[status]
	if !ok {
		counter = s.others.WithLabelValues(strconv.Itoa(status))
	}
	counter.Inc()
	s.duration.Observe(took.Seconds())
}

// LocalOnly answers 404 unless the caller is on this machine and nobody has
// forwarded the request.
func LocalOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !peerAddress(r.RemoteAddr).IsLoopback() || forwarded(r.Header) {
			w.Header()["Content-Type"] = jsonType
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"Not Found"}`))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded reports whether any proxy has left its mark.
func forwarded(h http.Header) bool {
	for _, name := range [...]string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}
