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

// asks tells whether to measure the collections of a table, which has to have some.
func (r collectionRequest) asks(t *table) bool {
	return r.ReturnItemCollectionMetrics == "SIZE" && t.shape.Load().hasLocal()
}

// collection is where the storage keys begin of the collection that a write changes.
func (w write) collection() place {
	key, _ := w.table.schema.collectionKey(w.partition)
	return place{w.table, string(key)}
}

// collection measures that of a write, nil if it is not to be measured.
func (d *DynamoDB) collection(r collectionRequest, w write) *collectionMetrics {
	if !r.asks(w.table) {
		return nil
	}
	m := d.measure(w.collection(), w.partition)
	return &m
}

// collections measures those of several writes, each once, by the name of the table.
func (d *DynamoDB) collections(r collectionRequest, writes []write) map[string][]collectionMetrics {
	byTable := map[string][]collectionMetrics{}
	seen := map[place]bool{}
	for _, w := range writes {
		if !r.asks(w.table) {
			continue
		}
		at := w.collection()
		if !seen[at] {
			seen[at] = true
			byTable[w.table.name] = append(byTable[w.table.name], d.measure(at, w.partition))
		}
	}
	return byTable
}

func (d *DynamoDB) measure(at place, partition item) collectionMetrics {
	d.mu.RLock()
	defer d.mu.RUnlock()
	bytes := at.table.collectionSize(at.key)
	return collectionMetrics{partition, [2]int{bytes >> 30, bytes>>30 + 1}}
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
	r := reading{table: t, entries: &t.rows, low: prefix, high: successor(prefix)}
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
