package strictjson

// Skip consumes any value and checks its grammar, but not its Unicode. It keeps the open brackets in a slice
// instead of recursing, so that a deeply nested attack costs one byte for each level.
func (c *Cursor) Skip() error {
	var open []byte
	for {
		c.skipSpace()
		switch b := c.peek(); b {
		case '{', '[':
			c.pos++
			c.skipSpace()
			if c.peek() == b+2 { // '}' is '{'+2 and ']' is '['+2
				c.pos++
				break
			}
			open = append(open, b+2)
			if b == '{' {
				if err := c.skipName(); err != nil {
					return err
				}
			}
			continue
		case '"':
			if err := c.skipText(); err != nil {
				return err
			}
		case 't', 'f':
			if _, err := c.Bool(); err != nil {
				return err
			}
		case 'n':
			if err := c.consumeLiteral("null"); err != nil {
				return err
			}
		default:
			if err := c.skipNumber(); err != nil {
				return err
			}
		}
		for {
			if len(open) == 0 {
				return nil
			}
			c.skipSpace()
			closer := open[len(open)-1]
			if c.peek() == closer {
				c.pos++
				open = open[:len(open)-1]
				continue
			}
			if c.peek() != ',' {
				return ErrSyntax
			}
			c.pos++
			if closer == '}' {
				if err := c.skipName(); err != nil {
					return err
				}
			}
			break
		}
	}
}

// skipName consumes the name of a member and the colon.
func (c *Cursor) skipName() error {
	c.skipSpace()
	if c.peek() != '"' {
		return ErrSyntax
	}
	if err := c.skipText(); err != nil {
		return err
	}
	return c.consume(':')
}

func (c *Cursor) skipText() error {
	for i := indexSpecial(c.text, c.pos+1); i < len(c.text); i = indexSpecial(c.text, i) {
		if c.text[i] == '"' {
			c.pos = i + 1
			return nil
		}
		if c.pos = i; c.text[i] != '\\' {
			return ErrSyntax
		}
		if i+1 == len(c.text) {
			c.pos = len(c.text)
			return ErrSyntax
		}
		if escape := c.text[i+1]; escape == 'u' {
			if _, ok := parseHex4(c.text, i+2); !ok {
				return ErrSyntax
			}
			i += 6
		} else if escapes[escape] == 0 {
			return ErrSyntax
		} else {
			i += 2
		}
	}
	c.pos = len(c.text)
	return ErrSyntax
}
