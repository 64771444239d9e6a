package b2b

// DetailTypeObjectCreated is the type of S3's event of a new object.
const DetailTypeObjectCreated = "Object Created"

// ObjectCreated is that event's detail, by which split hears of a file: from S3, and
// from watch if nobody has finished its claim. The key is not URL-encoded, as it is in
// S3's notifications to other targets.
type ObjectCreated struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key     string `json:"key"`
		Version string `json:"version-id,omitempty"`
	} `json:"object"`
}
