package b2b

// This file tells how to use the pipeline.

import (
	"errors"
	"fmt"
	"net"
)

// Usage is how to hand over transactions as partner acme, in the form of
// laptop.Usage.
func (d *Desk) Usage() (string, error) {
	acme := d.Partners["acme"]
	if acme == nil {
		return "", errors.New("partners.json has no partner acme")
	}
	host, port, err := net.SplitHostPort(acme.SFTP)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`SFTP      sftp -i %[1]s -o UserKnownHostsFile=%[2]s -o IdentitiesOnly=yes -P %[3]s acme@%[4]s
            put examples/transactions.xml inbox/
            get outbox/transactions.xml.reply.json
REST      curl -i -X POST %[5]s/transactions -H "Authorization: Bearer $(cat %[6]s)" \
            -H 'Content-Type: application/json' -d '{"transactionId":"12","transactionMessage":"Transaction made between user 687 and user 329."}'
          curl -i %[5]s/transactions/12 -H "Authorization: Bearer $(cat %[6]s)"
`, d.Path("keys", "acme"), d.Path("known_hosts"), port, host, acme.API, d.Path("tokens", "acme")), nil
}
