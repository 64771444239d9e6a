package xmlbatch

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"
)

// generate makes a batch like the ones that partners send.
func generate(records int) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Transactions>\n")
	for i := range records {
		fmt.Fprintf(&b, "  <Transaction TransactionID=\"%d\">\n    <Notes>Transaction made between user %d and user %d &amp; co.</Notes>\n"+
			"    <Amount currency=\"EUR\">%d.50</Amount>\n    <Buyer><Name>Müller GmbH</Name><City>Köln</City></Buyer>\n  </Transaction>\n", i+1, i*7919%100_000, i*104729%100_000, i%1000)
	}
	b.WriteString("</Transactions>\n")
	return b.Bytes()
}

const benchmarkRecords = 50_000

func BenchmarkSplit(b *testing.B) {
	document := generate(benchmarkRecords)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		records := 0
		if err := Split(bytes.NewReader(document), Limits{}, func(*Record) error { records++; return nil }); err != nil || records != benchmarkRecords {
			b.Fatal(records, err)
		}
	}
}

func BenchmarkEncodingXML(b *testing.B) {
	document := generate(benchmarkRecords)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		decoder := xml.NewDecoder(bytes.NewReader(document))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
