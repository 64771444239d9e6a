package main

import (
	"bytes"
	"context"
	stdxml "encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
)

// sample is the size of the document that the parsers are compared on.
const sample = 100 << 20

func measureSplit(ctx context.Context, _ options) ([]result, error) {
	previous := runtime.GOMAXPROCS(1) // the promise is about one core
	defer runtime.GOMAXPROCS(previous)
	document, err := io.ReadAll(newGenerated(sample))
	if err != nil {
		return nil, err
	}
	records := 0
	ours := testing.Benchmark(func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		b.ReportAllocs()
		for b.Loop() {
			if records, err = split(bytes.NewReader(document)); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	theirs := testing.Benchmark(func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		for b.Loop() {
			if err := readTokens(bytes.NewReader(document)); err != nil {
				b.Fatal(err)
			}
		}
	})
	target := make([]byte, len(document))
	memory := testing.Benchmark(func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		for b.Loop() {
			copy(target, document)
		}
	})
	peak, err := peakOfGigabyte(ctx)
	if err != nil {
		return nil, err
	}
	return []result{
		{"split 100 MB, all checks, one core", fmt.Sprintf("%.0f MB/s", rate(ours)),
			fmt.Sprintf("encoding/xml %.0f MB/s (%.1f times), memory copy %.0f MB/s", rate(theirs), rate(ours)/rate(theirs), rate(memory)), "400 MB/s"},
		{"allocations per transaction", fmt.Sprintf("%.4f", float64(ours.AllocsPerOp())/float64(records)),
			fmt.Sprintf("%d transactions", records), "0"},
		{"resident memory, 1 GB file", fmt.Sprintf("%.1f MB", float64(peak)/1e6), "the file is 1074 MB", "32 MB"},
	}, nil
}

func split(r io.Reader) (records int, err error) {
	err = (xml.Format{}).Split(r, 0, func(*batch.Record) error {
		records++
		return nil
	})
	return records, err
}

func readTokens(r io.Reader) error {
	decoder := stdxml.NewDecoder(r)
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func rate(r testing.BenchmarkResult) float64 {
	return float64(r.Bytes) * float64(r.N) / r.T.Seconds() / 1e6
}

// peakOfGigabyte runs this program again, so that nothing else counts.
func peakOfGigabyte(ctx context.Context) (bytes int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, self, "-resident", "1024").Output()
	if err != nil {
		return 0, fmt.Errorf("split 1 GB in a process of its own: %w", err)
	}
	return strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
}

func printResident(size int64) error {
	if _, err := split(newGenerated(size)); err != nil {
		return err
	}
	peak, err := peakResident()
	if err == nil {
		fmt.Println(peak)
	}
	return err
}

// generated is a batch file that is made while it is read.
type generated struct {
	left    int64
	next    int
	pending []byte
	closed  bool
}

func newGenerated(size int64) *generated {
	return &generated{left: size, pending: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Transactions>\n")}
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.pending) < len(p) && g.left > 0 {
		start := len(g.pending)
		g.next++
		g.pending = fmt.Appendf(g.pending, "  <Transaction TransactionID=\"T%d\">\n    <Notes>Transaction made between user %d and user %d, with text of &quot;usual&quot; length and a little more of it, for the reader &amp; the parser.</Notes>\n  </Transaction>\n",
			g.next, g.next*7919%100000, g.next*104729%100000)
		g.left -= int64(len(g.pending) - start)
	}
	if g.left <= 0 && !g.closed {
		g.pending = append(g.pending, "</Transactions>\n"...)
		g.closed = true
	}
	if len(g.pending) == 0 {
		return 0, io.EOF
	}
	n := copy(p, g.pending)
	g.pending = append(g.pending[:0], g.pending[n:]...)
	return n, nil
}
