// This file reads Parquet files, row by row.

package items

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// What AWS reads at most of a Parquet file, in bytes.
const (
	maxFooter   = 5 << 20
	maxRowGroup = 256 << 20
)

// rowsAtATime is how many rows are in memory.
const rowsAtATime = 64

// parquet yields an object for each row.
func (r *reader) parquet(object *s3.Object, source string) error {
	if err := checkFooter(object); err != nil {
		return err
	}
	var file *parquet.File
	err := safely(func() (err error) {
		file, err = parquet.OpenFile(object.Body, object.Size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err == nil {
			err = checkTypes(file.Root(), "")
		}
		return err
	})
	if err != nil {
		return notParquet(err)
	}
	for i, group := range file.RowGroups() {
		if size := file.Metadata().RowGroups[i].TotalByteSize; size > maxRowGroup {
			return faultf("The Parquet file has a row group of %d bytes: 256 MB can be read.", size)
		}
		if err := r.rowGroup(file.Root(), group, source); err != nil {
			return err
		}
	}
	return nil
}

// checkFooter looks at the end of a file: the size of its footer, and four letters.
func checkFooter(object *s3.Object) error {
	var end [8]byte
	if object.Size < int64(len(end)) {
		return faultf("The file is not a Parquet file.")
	}
	if _, err := object.Body.ReadAt(end[:], object.Size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	switch size := binary.LittleEndian.Uint32(end[:4]); {
	case string(end[4:]) == "PARE":
		return faultf("The Parquet file is encrypted.")
	case string(end[4:]) != "PAR1":
		return faultf("The file is not a Parquet file.")
	case size > maxFooter:
		return faultf("The Parquet file has a footer of %d bytes: 5 MB can be read.", size)
	}
	return nil
}

// rowGroup yields the rows of a part of the file.
func (r *reader) rowGroup(root *parquet.Column, group parquet.RowGroup, source string) error {
	var rows parquet.Rows
	if err := safely(func() error { rows = group.Rows(); return nil }); err != nil {
		return notParquet(err)
	}
	defer func() { _ = safely(rows.Close) }() // all that was read is sound
	buffer := make([]parquet.Row, rowsAtATime)
	for {
		var values []any
		var end error
		err := safely(func() (err error) {
			values, end, err = readRows(root, rows, buffer)
			return err
		})
		if err != nil {
			return notParquet(err)
		}
		for _, value := range values {
			if err := r.emit(Item{Value: value, Source: source}); err != nil {
				return err
			}
		}
		if end != nil {
			return nil
		}
	}
}

// readRows reads some rows; end is io.EOF behind the last ones.
func readRows(root *parquet.Column, rows parquet.Rows, buffer []parquet.Row) (values []any, end, err error) {
	n, err := rows.ReadRows(buffer)
	for _, row := range buffer[:n] {
		values = append(values, assemble(root, row))
	}
	if errors.Is(err, io.EOF) || n == 0 && err == nil {
		return values, io.EOF, nil
	}
	return values, nil, err
}

// safely makes an error of a panic: the library panics at some files that are
// broken.
func safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return do()
}

// notParquet is the fault of a file that cannot be read.
func notParquet(err error) error {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	return faultf("The Parquet file cannot be read: %s", strings.TrimPrefix(err.Error(), "parquet: "))
}
