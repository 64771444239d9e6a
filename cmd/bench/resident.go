package main

// This file reads how much memory processes hold, from /proc.

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sampling is how often the memory of other processes is read, which walks all
// their pages. There is no cheaper way: only the kernel
// knows a process's peak, and not that of several together.
const sampling = 3 * time.Second

// peakResident is the most memory that this process has held until now, in bytes.
func peakResident() (int64, error) { return readKilobytes("/proc/self/status", "VmHWM:") }

// followChildren samples what the processes that this one started hold together,
// and sends the greatest sum, in bytes, when ctx has ended. Pages that they share,
// such as a binary's text, count once.
func followChildren(ctx context.Context) <-chan children {
	peak := make(chan children, 1)
	go func() {
		var most children
		ticker := time.NewTicker(sampling)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				now := readChildren()
				most.resident, most.count = max(most.resident, now.resident), max(most.count, now.count)
			case <-ctx.Done():
				peak <- most
				return
			}
		}
	}()
	return peak
}

// children are the processes that this one started.
type children struct {
	count    int
	resident int64 // bytes
}

func readChildren() children {
	var sum children
	tasks, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is well formed
	for _, task := range tasks {
		list, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		for _, id := range strings.Fields(string(list)) {
			held, err := readKilobytes(filepath.Join("/proc", id, "smaps_rollup"), "Pss:")
			if err != nil {
				continue // the process has ended
			}
			sum.count++
			sum.resident += held
		}
	}
	return sum
}

// readKilobytes returns the value of a line such as "VmHWM:   1024 kB", in bytes.
func readKilobytes(path, name string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("resident memory is read on Linux only: %w", err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}
