package xml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/batch"
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
		if err := (Format{}).Split(bytes.NewReader(document), 0, func(*batch.Record) error { records++; return nil }); err != nil || records != benchmarkRecords {
			b.Fatal(records, err)
		}
	}
}

// BenchmarkSplitGigabyte reports the process's largest resident memory too;
// run it alone for that: go test -run - -bench Gigabyte -benchtime 1x.
func BenchmarkSplitGigabyte(b *testing.B) {
	part := generate(10_000)
	part = part[bytes.Index(part, []byte("  <Transaction ")):bytes.LastIndex(part, []byte("</Transactions>"))]
	times := 1<<30/len(part) + 1
	b.SetBytes(int64(times * len(part)))
	for b.Loop() {
		readers := []io.Reader{strings.NewReader("<Transactions>")}
		for range times {
			readers = append(readers, bytes.NewReader(part))
		}
		readers = append(readers, strings.NewReader("</Transactions>"))
		if err := (Format{}).Split(io.MultiReader(readers...), 0, func(*batch.Record) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(usage.Maxrss)*1024/1e6, "MB-resident") // Maxrss is in KiB on Linux
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
