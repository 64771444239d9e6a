package dynamodb

// Item collections: what a table with local indexes holds under one partition key.

// collectionRequest is the parameter that asks how large a written collection is.
type collectionRequest struct{ ReturnItemCollectionMetrics string }

func (r collectionRequest) check() error {
	return checkEnum("returnItemCollectionMetrics", r.ReturnItemCollectionMetrics, "SIZE", "NONE")
}

// collectionMetrics tells how large a collection is, as an estimate.
type collectionMetrics struct {
	ItemCollectionKey   item
	SizeEstimateRangeGB [2]int
}

// collection measures that of a write, nil if it was not asked for or if the
// table has none.
func (d *DynamoDB) collection(r collectionRequest, w write) *collectionMetrics {
	if r.ReturnItemCollectionMetrics != "SIZE" || !w.table.shape.Load().hasLocal() {
		return nil
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	partition, _ := valuesOf(w.table.schema.partition, w.partition)
	bytes := w.table.collectionSize(string(appendPartition(nil, partition...)))
	return &collectionMetrics{w.partition, [2]int{bytes >> 30, bytes>>30 + 1}}
}

// collections are those of several writes, by the name of the table.
func (d *DynamoDB) collections(r collectionRequest, writes []write) map[string][]collectionMetrics {
	var byTable map[string][]collectionMetrics
	seen := map[place]bool{}
	for _, w := range writes {
		partition, _ := valuesOf(w.table.schema.partition, w.partition)
		at := place{w.table, string(appendPartition(nil, partition...))}
		m := d.collection(r, w)
		if m == nil || seen[at] {
			continue
		}
		seen[at] = true
		if byTable == nil {
			byTable = map[string][]collectionMetrics{}
		}
		byTable[w.table.name] = append(byTable[w.table.name], *m)
	}
	return byTable
}

func (s *shape) hasLocal() bool {
	for _, x := range s.indexes {
		if !x.global {
			return true
		}
	}
	return false
}

// collectionSize is the size of the rows with a prefix of their key, and of what
// local indexes hold of them.
func (t *table) collectionSize(prefix string) int {
	r := reading{table: t, low: prefix, high: successor(prefix)}
	bytes := 0
	for e, p, ok := r.first(); ok; e, p, ok = r.following(p) {
		bytes += e.row.size
		i := e.row.item()
		for _, x := range t.shape.Load().indexes {
			if _, indexed := x.entryKey(e.row.key, i); indexed && !x.global {
				bytes += x.view(i).size()
			}
		}
	}
	return bytes
}
