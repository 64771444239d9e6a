package dynamodb

// Capacity: the read and write units that requests consume.

import "github.com/tradepost-dev/tradepost/local/cloud"

const (
	readUnit  = 4096 // bytes
	writeUnit = 1024 // bytes
)

// writeUnits are the units that a write takes, on the table and its indexes.
type writeUnits struct {
	table   float64
	indexes map[*index]float64
}

func (w *writeUnits) add(x *index, units float64) {
	if units == 0 {
		return
	}
	if w.indexes == nil {
		w.indexes = map[*index]float64{}
	}
	w.indexes[x] += units
}

func (w writeUnits) total() float64 {
	total := w.table
	for _, units := range w.indexes {
		total += units
	}
	return total
}

// capacityRequest is the parameter that asks what a request consumes.
type capacityRequest struct{ ReturnConsumedCapacity string }

func (r capacityRequest) check() error {
	return checkEnum("returnConsumedCapacity", r.ReturnConsumedCapacity, "INDEXES", "TOTAL", "NONE")
}

// consumedCapacity is the API's answer to ReturnConsumedCapacity.
type consumedCapacity struct {
	TableName              string
	CapacityUnits          cloud.Double
	ReadCapacityUnits      cloud.Double             `json:",omitzero"` // transactions only
	WriteCapacityUnits     cloud.Double             `json:",omitzero"` // transactions only
	Table                  *capacityUnits           `json:",omitzero"`
	GlobalSecondaryIndexes map[string]capacityUnits `json:",omitzero"`
	LocalSecondaryIndexes  map[string]capacityUnits `json:",omitzero"`
}

type capacityUnits struct{ CapacityUnits cloud.Double }

// capacity makes the answer to ReturnConsumedCapacity: nil for NONE.
func (t *table) capacity(returnConsumed string, units writeUnits) *consumedCapacity {
	if returnConsumed != "TOTAL" && returnConsumed != "INDEXES" {
		return nil
	}
	consumed := &consumedCapacity{TableName: t.name, CapacityUnits: cloud.Double(units.total())}
	if returnConsumed == "TOTAL" {
		return consumed
	}
	consumed.Table = &capacityUnits{cloud.Double(units.table)}
	for x, units := range units.indexes {
		list := &consumed.LocalSecondaryIndexes
		if x.global {
			list = &consumed.GlobalSecondaryIndexes
		}
		if *list == nil {
			*list = map[string]capacityUnits{}
		}
		(*list)[x.name] = capacityUnits{cloud.Double(units)}
	}
	return consumed
}

// readUnits returns the units of reading bytes: half for eventual consistency.
func readUnits(bytes int, consistent bool) float64 {
	units := unitsOf(bytes, readUnit)
	if !consistent {
		units /= 2
	}
	return units
}
