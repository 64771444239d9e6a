package items_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/states/items"
)

// The rows of a file, as a distributed Map gets them.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	store := s3.New(c, s3.Options{})
	if err := store.CreateBucket("ratings", s3.BucketOptions{}); err != nil {
		log.Fatal(err)
	}
	objects := store.As(c.Administrator(), s3.Origin{})
	if _, err := objects.Put(ctx, s3.PutInput{Bucket: "ratings", Key: "2026.csv", Body: strings.NewReader("movie;stars\nAlien;5\nCats;1\n")}); err != nil {
		log.Fatal(err)
	}
	source := items.Source{InputType: items.CSV, Table: items.Table{Delimiter: ';'}}
	for item, err := range source.Read(ctx, objects, c.Account, items.Place{Bucket: "ratings", Key: "2026.csv"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(item.Source, jsonvalue.Text(item.Value))
	}
	// Output:
	// s3://ratings/2026.csv {"movie":"Alien","stars":"5"}
	// s3://ratings/2026.csv {"movie":"Cats","stars":"1"}
}
