package cloudwatch

// This file holds metrics: series of statistics of short buckets of time.

import (
	"cmp"
	"maps"
	"slices"
	"strings"
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

func (m metric) key() string {
	var key strings.Builder
	key.WriteString(m.namespace + "\x00" + m.name)
	for _, name := range slices.Sorted(maps.Keys(m.dimensions)) {
		key.WriteString("\x00" + name + "\x00" + m.dimensions[name])
	}
	return key.String()
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

// metrics holds all series. Its methods are safe for concurrent use.
type metrics struct {
	mu     sync.Mutex
	series map[string]map[string]*series // by metric and unit
}

// add adds values that were observed at a time. What is older than the
// retention is dropped.
func (m *metrics) add(id metric, unit string, at time.Time, values statistics) {
	if time.Since(at) > retention {
		return
	}
	key := id.key()
	unit = cmp.Or(unit, noUnit)
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.series[key][unit]
	if s == nil {
		id.dimensions = maps.Clone(id.dimensions)
		s = &series{metric: id, unit: unit, buckets: map[int64]*statistics{}}
		if m.series[key] == nil {
			m.series[key] = map[string]*series{}
		}
		m.series[key][unit] = s
	}
	bucket := bucketOf(at)
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = &statistics{}
	}
	s.buckets[bucket].merge(values)
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
	return slices.Sorted(maps.Keys(m.series[id.key()]))
}

// datapoints returns one datapoint for each period from start to end, oldest
// first, of the data of one unit, or of all if it is empty.
func (m *metrics) datapoints(id metric, unit string, start, end time.Time, period time.Duration) (points []datapoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var chosen []*series
	units := m.series[id.key()]
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
	for _, key := range slices.Sorted(maps.Keys(m.series)) {
		for _, s := range m.series[key] {
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
	oldest := bucketOf(before)
	for key, units := range m.series {
		maps.DeleteFunc(units, func(_ string, s *series) bool {
			maps.DeleteFunc(s.buckets, func(bucket int64, _ *statistics) bool { return bucket < oldest })
			return len(s.buckets) == 0
		})
		if len(units) == 0 {
			delete(m.series, key)
		}
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
