package bench

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// The measures of a plot, in pixels.
const (
	plotWidth   = 860
	panelHeight = 190
	plotLeft    = 80
	plotRight   = 36
	panelTop    = 34
	panelBottom = 30
)

// panel is one diagram: curves over the seconds of a run.
type panel struct {
	title       string
	logarithmic bool
	curves      []curve
}

// curve is one line in a panel.
type curve struct {
	name, color string
	x, y        []float64
}

const (
	colorMiddle = "#2563eb"
	colorHigh   = "#dc2626"
	colorMost   = "#9ca3af"
)

// plot draws the latencies of all runs over their time, as SVG, and of long runs
// also what the server took.
func (r *report) plot() []byte {
	var panels []panel
	for _, l := range r.Lines {
		title := l.Name
		if l.Engine != "" {
			title = l.Engine + ", " + l.Name
		}
		panels = append(panels, panel{title: title + ": latency, ms", logarithmic: true, curves: []curve{
			l.curve("p50", colorMiddle, func(p *point) float64 { return p.P50 }),
			l.curve("p99", colorHigh, func(p *point) float64 { return p.P99 }),
			l.curve("max", colorMost, func(p *point) float64 { return p.Max }),
		}})
		if !l.gauged() {
			continue
		}
		panels = append(panels,
			panel{title: title + ": requests/s", curves: []curve{l.curve("answered", colorMiddle, (*point).rate)}},
			panel{title: title + ": memory, MB", curves: []curve{
				l.curve("resident", colorMiddle, func(p *point) float64 { return float64(p.Resident) / (1 << 20) }),
				l.curve("heap", colorMost, func(p *point) float64 { return float64(p.Heap) / (1 << 20) }),
			}},
			panel{title: title + ": goroutines and open handles", curves: []curve{
				l.curve("goroutines", colorMiddle, func(p *point) float64 { return float64(p.Goroutines) }),
				l.curve("handles", colorHigh, func(p *point) float64 { return float64(p.Handles) }),
			}})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, max(1, len(panels))*panelHeight)
	fmt.Fprintln(&b, `<rect width="100%" height="100%" fill="#ffffff"/>`)
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(0,%d)">`+"\n", i*panelHeight)
		p.draw(&b)
		fmt.Fprintln(&b, `</g>`)
	}
	fmt.Fprintln(&b, `</svg>`)
	return b.Bytes()
}

// gauged reports whether the run's points say what the server took.
func (l *line) gauged() bool { return len(l.Series) > 0 && l.Series[0].Resident > 0 }

func (l *line) curve(name, color string, value func(*point) float64) curve {
	c := curve{name: name, color: color}
	for i := range l.Series {
		c.x, c.y = append(c.x, l.Series[i].At), append(c.y, value(&l.Series[i]))
	}
	return c
}

// scale maps values to pixels, the lowest to 0 and the highest to length.
type scale struct {
	low, high, length float64
	logarithmic       bool
}

// leastShown is where a logarithmic scale begins at the lowest: a value of zero has
// no place on it.
const leastShown = 0.01

func (s scale) at(value float64) float64 {
	low, high := s.low, s.high
	if s.logarithmic {
		low, high, value = math.Log10(low), math.Log10(high), math.Log10(max(value, leastShown))
	}
	return max(0, min(1, (value-low)/(high-low))) * s.length
}

// marks are the values that a scale is labelled with.
func (s scale) marks() (values []float64) {
	if s.logarithmic {
		for v := s.low; v <= s.high*1.0001; v *= 10 {
			values = append(values, v)
		}
		return values
	}
	for i := range 5 {
		values = append(values, s.low+(s.high-s.low)*float64(i)/4)
	}
	return values
}

// scales are those that all curves fit on: time across and values up.
func (p *panel) scales() (across, up scale) {
	across = scale{length: plotWidth - plotLeft - plotRight}
	up = scale{length: panelHeight - panelTop - panelBottom, logarithmic: p.logarithmic}
	least := math.Inf(1)
	for _, c := range p.curves {
		for i := range c.x {
			across.high, up.high = max(across.high, c.x[i]), max(up.high, c.y[i])
			if c.y[i] > 0 {
				least = min(least, c.y[i])
			}
		}
	}
	if across.high == 0 {
		across.high = 1
	}
	if up.high == 0 {
		up.high, least = 1, 1
	}
	if p.logarithmic {
		up.low = math.Pow(10, math.Floor(math.Log10(max(least, leastShown))))
		up.high = math.Pow(10, math.Ceil(math.Log10(max(up.high, up.low*1.01))))
	}
	return across, up
}

func (p *panel) draw(b *bytes.Buffer) {
	across, up := p.scales()
	bottom := float64(panelTop) + up.length
	fmt.Fprintf(b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", plotLeft, html.EscapeString(p.title))
	for _, v := range up.marks() {
		y := bottom - up.at(v)
		fmt.Fprintf(b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#e5e7eb"/><text x="%d" y="%.1f" text-anchor="end">%.4g</text>`+"\n",
			plotLeft, y, plotWidth-plotRight, y, plotLeft-6, y+4, v)
	}
	for _, v := range across.marks() {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.3g s</text>`+"\n", plotLeft+across.at(v), bottom+16, v)
	}
	for i, c := range p.curves {
		fmt.Fprintf(b, `<text x="%d" y="18" fill="%s" text-anchor="end">%s</text>`+"\n", plotWidth-plotRight-90*(len(p.curves)-1-i), c.color, html.EscapeString(c.name))
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, c.color)
		for j := range c.x {
			fmt.Fprintf(b, "%.1f,%.1f ", plotLeft+across.at(c.x[j]), bottom-up.at(c.y[j]))
		}
		fmt.Fprintln(b, `"/>`)
	}
}
