package cloudwatch

// This file holds metrics: series of statistics of short buckets of time.

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	retention  = 3 * time.Hour
	resolution = 10 * time.Second // of what is kept
)

// A metric is identified by all three of its parts.
type metric struct {
	namespace  string
	name       string
	dimensions map[string]string
}

func (m metric) key() string { return string(m.appendKey(nil)) }

func (m metric) appendKey(key []byte) []byte {
	key = append(append(append(key, m.namespace...), 0), m.name...)
	var few [4]string
	names := few[:0]
	for name := range m.dimensions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key = append(append(append(append(key, 0), name...), 0), m.dimensions[name]...)
	}
	return key
}

// series is a metric's data of one unit, by the start of the bucket in units of
// resolution.
type series struct {
	metric  metric
	unit    string
	buckets map[int64]*statistics
}

// noUnit is the unit of data that are given without one.
const noUnit = "None"

// measured is what there is of a metric.
type measured struct {
	series map[string]*series // by unit
	change int                // the last of all changes that was one of its data
}

// metrics holds all series. Its methods are safe for concurrent use.
type metrics struct {
	mu       sync.Mutex
	measured map[string]*measured // by metric
	expiring map[int64][]*series  // by a bucket that they have
	oldest   int64                // of those buckets, or before it
	changes  int
}

func newMetrics() metrics {
	return metrics{measured: map[string]*measured{}, expiring: map[int64][]*series{}}
}

// add adds values that were observed at a time. What is older than the
// retention is dropped.
func (m *metrics) add(id metric, unit string, at time.Time, values statistics) {
	m.change(id, unit, at, func(s *statistics) { s.merge(values) })
}

// observe adds one value.
func (m *metrics) observe(id metric, unit string, at time.Time, value float64) {
	m.change(id, unit, at, func(s *statistics) { s.observe(value, 1) })
}

func (m *metrics) change(id metric, unit string, at time.Time, change func(*statistics)) {
	if time.Since(at) > retention {
		return
	}
	var room [256]byte
	key := id.appendKey(room[:0])
	unit = cmp.Or(unit, noUnit)
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.measured[string(key)]
	if all == nil {
		all = &measured{series: map[string]*series{}}
		m.measured[string(key)] = all
	}
	m.changes++
	all.change = m.changes
	s := all.series[unit]
	if s == nil {
		id.dimensions = maps.Clone(id.dimensions)
		s = &series{metric: id, unit: unit, buckets: map[int64]*statistics{}}
		all.series[unit] = s
	}
	bucket := bucketOf(at)
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = &statistics{}
		if len(m.expiring) == 0 || bucket < m.oldest {
			m.oldest = bucket
		}
		m.expiring[bucket] = append(m.expiring[bucket], s)
	}
	change(s.buckets[bucket])
}

func bucketOf(t time.Time) int64 { return t.Unix() / int64(resolution/time.Second) }

// A datapoint is the statistics of one period, which may be empty.
type datapoint struct {
	start time.Time
	statistics
}

// units are those that a metric has data of, sorted.
func (m *metrics) units(id metric) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.of(id.key())))
}

// of are a metric's series by their units.
func (m *metrics) of(key string) map[string]*series {
	if all := m.measured[key]; all != nil {
		return all.series
	}
	return nil
}

// changed is another number after each change of a metric's data, and 0 while there
// are none.
func (m *metrics) changed(key string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if all := m.measured[key]; all != nil {
		return all.change
	}
	return 0
}

// datapoints returns one datapoint for each period from start to end, oldest
// first, of the data of one unit, or of all if it is empty.
func (m *metrics) datapoints(key, unit string, start, end time.Time, period time.Duration) (points []datapoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var chosen []*series
	units := m.of(key)
	for _, name := range slices.Sorted(maps.Keys(units)) {
		if unit == "" || unit == name {
			chosen = append(chosen, units[name])
		}
	}
	for ; start.Before(end); start = start.Add(period) {
		point := datapoint{start: start}
		for _, s := range chosen {
			for bucket := bucketOf(start); bucket < bucketOf(start.Add(period)); bucket++ {
				if values := s.buckets[bucket]; values != nil {
					point.merge(*values)
				}
			}
		}
		points = append(points, point)
	}
	return points
}

// list returns all metrics that have data, in a stable order.
func (m *metrics) list() []metric {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []metric
	for _, key := range slices.Sorted(maps.Keys(m.measured)) {
		for _, s := range m.measured[key].series {
			list = append(list, s.metric)
			break // they are of the same metric
		}
	}
	return list
}

// forget drops data from before a time.
func (m *metrics) forget(before time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; len(m.expiring) > 0 && m.oldest < bucketOf(before); m.oldest++ {
		for _, s := range m.expiring[m.oldest] {
			m.drop(s, m.oldest)
		}
		delete(m.expiring, m.oldest)
	}
}

// drop drops a bucket of a series, and what is empty without it.
func (m *metrics) drop(s *series, bucket int64) {
	key := s.metric.key()
	all := m.measured[key]
	m.changes++
	all.change = m.changes
	delete(s.buckets, bucket)
	if len(s.buckets) == 0 {
		delete(all.series, s.unit)
	}
	if len(all.series) == 0 {
		delete(m.measured, key)
	}
}

// dimension is a dimension in the shapes of the API and of CloudFormation.
type dimension struct{ Name, Value string }

func dimensionsOf(list []dimension) map[string]string {
	dimensions := make(map[string]string, len(list))
	for _, d := range list {
		dimensions[d.Name] = d.Value
	}
	return dimensions
}

// dimensionList is the opposite of dimensionsOf, sorted by name.
func dimensionList(dimensions map[string]string) []dimension {
	list := make([]dimension, 0, len(dimensions))
	for name, value := range dimensions {
		list = append(list, dimension{name, value})
	}
	slices.SortFunc(list, func(a, b dimension) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
