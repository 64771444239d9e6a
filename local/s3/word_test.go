package s3

import "testing"

// As AWS answers what a client has put in encoded words.
func TestMetadataIsTakenAndToldInEncodedWords(t *testing.T) {
	for _, row := range []struct{ name, put, stored, told string }{
		{"plain", "a b", "a b", "a b"},
		{"plain, and encoded for nothing", "=?UTF-8?Q?actually-ascii?=", "actually-ascii", "actually-ascii"},
		{"plain in base64", "=?UTF-8?B?YWJj?=", "abc", "abc"},
		{"mostly plain", "=?utf-8?q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=", "ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="},
		{"with what an encoded word means", "=?UTF-8?B?dGVzdF/igJRfZmlsZSVFMiU4MCU5NF/DqV8yPy5wZGY=?=", "test_—_file%E2%80%94_é_2?.pdf",
			"=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?="},
		{"control characters", "=?UTF-8?B?AAECAw==?=", "\x00\x01\x02\x03", "=?UTF-8?B?AAECAw==?="},
		{"replacement characters", "=?UTF-8?B?77+977+9?=", "\ufffd\ufffd", "=?UTF-8?B?77+977+9?="},
		{"punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
		{"base64 with a = where none can be", "=?UTF-8?B?=GGG?=", "\ufffda\ufffd", "=?UTF-8?B?77+9Ye+/vQ==?="},
		{"base64 with what is no digit", "=?UTF-8?b?Y-W.Jj?=", "abc", "abc"},
		{"base64 that breaks off", "=?UTF-8?B?YWJjZ?=", "=?UTF-8?B?YWJjZ?=", "=?UTF-8?B?YWJjZ?="},
		{"bytes that are no text", "=?UTF-8?Q?abc=FC?=", "abc\ufffd", "=?UTF-8?Q?abc=EF=BF=BD?="},
		{"a tab", "a\tb", "a\tb", "a\tb"},
		{"no word after all", "=?UTF-9?Q?a?=", "=?UTF-9?Q?a?=", "=?UTF-9?Q?a?="},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := decoded(row.put); got != row.stored {
				t.Errorf("%q is stored as %q, want %q", row.put, got, row.stored)
			}
			if got := encoded(row.stored); got != row.told {
				t.Errorf("%q is told as %q, want %q", row.stored, got, row.told)
			}
		})
	}
}
