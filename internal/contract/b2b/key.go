package b2b

import "unicode/utf8"

// maxKey is how long S3 lets an object's key be, in bytes of UTF-8.
const maxKey = 1024

// ReplyKey is the key of the reply to the last upload of a partner's file.
func ReplyKey(partner, file string) string {
	return shortened(OutboxPrefix+partner+"/", file, ReplySuffix)
}

// EarlierReplyKey is the key of the reply to an upload that another one of the same
// name has followed.
func EarlierReplyKey(partner, file, fileID string) string {
	return shortened(OutboxPrefix+partner+"/", file, "."+fileID+ReplySuffix)
}

// QuarantineKey is the key of the copy of a broken file.
func QuarantineKey(partner, fileID, file string) string {
	return shortened(QuarantinePrefix+partner+"/"+fileID+"/", file, "")
}

// shortened puts a key together. If that would be too long for S3, the file's
// name is cut, between characters, and a digest of all of it stands for the
// rest: the same name always comes to the same key, and two names to two.
func shortened(folder, file, suffix string) string {
	if key := folder + file + suffix; len(key) <= maxKey {
		return key
	}
	end := "~" + digest("file", file) + suffix
	cut := maxKey - len(folder) - len(end)
	for !utf8.RuneStart(file[cut]) {
		cut--
	}
	return folder + file[:cut] + end
}
