// This file reads what is in the files that a manifest lists: an inventory of S3,
// or what a query of Athena has unloaded.

package items

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxManifest is more than a manifest has, in bytes.
const maxManifest = 64 << 20

// inventory is the manifest.json of an inventory.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
type inventory struct {
	DestinationBucket string `json:"destinationBucket"`
	FileFormat        string `json:"fileFormat"`
	FileSchema        string `json:"fileSchema"`
	Files             []struct {
		Key string `json:"key"`
	} `json:"files"`
}

// inventory yields an object for each object that an inventory lists.
func (r *reader) inventory() error {
	text, err := r.open(r.Bucket, r.Key, r.VersionID)
	if err != nil {
		return err
	}
	var i inventory
	if err := json.NewDecoder(io.LimitReader(text, maxManifest)).Decode(&i); err != nil {
		return faultf("The manifest of the inventory is not valid JSON: %v", err)
	}
	if i.FileFormat != "CSV" {
		return faultf("The inventory has the format %q: only CSV can be read.", i.FileFormat)
	}
	bucket := r.Bucket
	if arn, ok := cloud.ParseARN(i.DestinationBucket); ok {
		bucket = arn.Resource
	}
	table := r.Table
	if len(table.Headers) == 0 {
		table.Given, table.Headers = true, strings.Split(strings.ReplaceAll(i.FileSchema, " ", ""), ",")
	}
	for _, file := range i.Files {
		text, err := r.open(bucket, file.Key, "")
		if err != nil {
			return err
		}
		if err := r.rows(text, sourceOf(bucket, file.Key), table); err != nil {
			return err
		}
	}
	return nil
}

// unloaded yields the items of the files that Athena's UNLOAD has written: its
// manifest has the address of one in each line.
func (r *reader) unloaded() error {
	text, err := r.open(r.Bucket, r.Key, r.VersionID)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		address := strings.Trim(strings.TrimSpace(lines.Text()), `"`)
		if address == "" {
			continue
		}
		bucket, key, ok := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
		if !ok || !strings.HasPrefix(address, "s3://") {
			return faultf("The manifest lists %q, which is no object of S3.", address)
		}
		if err := r.file(bucket, key, ""); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return faultf("The manifest has a line that is no address of an object.")
	}
	return unreadable(lines.Err())
}
