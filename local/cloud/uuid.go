package cloud

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// TraceID returns the id of an X-Ray trace that began at a time, made of a UUID:
// "1-5759e988-bd862e3fe1be46a994272793".
func TraceID(uuid string, at time.Time) string {
	return "1-" + strconv.FormatInt(at.Unix(), 16) + "-" + strings.ReplaceAll(uuid, "-", "")[:24]
}

// UUID returns a random (version 4) UUID, as AWS identifies events and requests.
func UUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
