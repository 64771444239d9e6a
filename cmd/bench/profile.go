package main

import (
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
)

// profile begins a CPU profile; stop ends it, and writes one of the memory that
// is then in use. Empty paths take none.
func profile(cpu, heap string) (stop func() error, err error) {
	var file *os.File
	if cpu != "" {
		if file, err = os.Create(cpu); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return func() error {
		if file == nil {
			return writeHeap(heap)
		}
		pprof.StopCPUProfile()
		return errors.Join(file.Close(), writeHeap(heap))
	}, nil
}

func writeHeap(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.Lookup("heap").WriteTo(file, 0), file.Close())
}
