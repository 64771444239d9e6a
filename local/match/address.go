package match

// This file compares addresses of the internet protocol.

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseAddress reads an address as Java does: numbers of version 4 may begin
// with zeros, and an address of version 6 that stands for one of version 4 is
// that one.
func parseAddress(s string) (netip.Addr, bool) {
	if strings.Contains(s, ":") {
		if strings.ContainsAny(s, ".%") {
			return netip.Addr{}, false
		}
		address, err := netip.ParseAddr(s)
		return address.Unmap(), err == nil
	}
	if len(s) < len("0.0.0.0") || strings.Count(s, ".") != 3 {
		return netip.Addr{}, false
	}
	var bytes [4]byte
	i := 0
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || part[0] == '+' {
			return netip.Addr{}, false
		}
		bytes[i] = byte(n)
		i++
	}
	return netip.AddrFrom4(bytes), true
}

func (c *compiler) cidr() (matcher, error) {
	if c.next() != textValue {
		return nil, c.refuse("prefix match pattern must be a string") // event-ruler's own mistake
	}
	text := c.textOf()
	if c.err != nil {
		return nil, c.err
	}
	block, err := parseBlock(text)
	if err != nil {
		return nil, err
	}
	return c.alone(textMatcher(func(s string) bool {
		address, ok := parseAddress(s)
		return ok && block.Contains(address)
	}))
}

// parseBlock reads 10.0.0.0/8.
func parseBlock(text string) (netip.Prefix, error) {
	name, bits, ok := strings.Cut(strings.TrimRight(text, "/"), "/")
	if !ok || bits == "" || strings.Contains(bits, "/") {
		return netip.Prefix{}, refusal("Malformed CIDR, one '/' required")
	}
	n, err := strconv.ParseInt(bits, 10, 32)
	if err != nil {
		return netip.Prefix{}, refusal("Malformed CIDR, mask bits must be an integer")
	}
	if n < 0 {
		return netip.Prefix{}, refusal("Malformed CIDR, mask bits must not be negative")
	}
	address, ok := parseAddress(name)
	switch {
	case !ok:
		return netip.Prefix{}, refusal("Nonstandard IP address: %s", name)
	case address.Is4() && n > 31:
		return netip.Prefix{}, refusal("IPv4 mask bits must be < 32")
	case n > 127:
		return netip.Prefix{}, refusal("IPv6 mask bits must be < 128")
	}
	return netip.PrefixFrom(address, int(n)).Masked(), nil
}
