package store

// needsNoEscape reports whether a text is of printable ASCII alone, without quotation marks and backslashes: most are, and there is nothing in
// it that anything has to be done about. Eight bytes are looked at together; what is meant by each line is true of every byte by
// itself as long as none has its top bit set (https://graphics.stanford.edu/~seander/bithacks.html).
func needsNoEscape(text string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		t := text[i : i+8]
		word := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		found := word            // not ASCII
		found |= word - ones*' ' // below a blank
		found |= word + ones     // DEL
		found |= (word ^ ones*'"') - ones
		found |= (word ^ ones*'\'') - ones
		found |= (word ^ ones*'\\') - ones
		if found&tops != 0 {
			return false
		}
	}
	for ; i < len(text); i++ {
		if b := text[i]; b < ' ' || b >= 0x7f || b == '"' || b == '\'' || b == '\\' {
			return false
		}
	}
	return true
}
