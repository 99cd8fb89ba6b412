package strictjson

// Skip consumes any value, however deep, and checks its grammar (not its Unicode). It keeps the open brackets in a list of
// its own and not on the stack, so that a hostile depth costs a byte a level and nothing else.
func (c *Cursor) Skip() error {
	var open []byte
	for {
		c.blanks()
		switch b := c.peek(); b {
		case '{', '[':
			c.pos++
			c.blanks()
			if c.peek() == b+2 { // '}' is '{'+2 and ']' is '['+2
				c.pos++
				break
			}
			open = append(open, b+2)
			if b == '{' {
				if err := c.name(); err != nil {
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
			if err := c.word("null"); err != nil {
				return err
			}
		default:
			if err := c.number(); err != nil {
				return err
			}
		}
		for {
			if len(open) == 0 {
				return nil
			}
			c.blanks()
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
				if err := c.name(); err != nil {
					return err
				}
			}
			break
		}
	}
}

// name consumes a member's name and the colon.
func (c *Cursor) name() error {
	c.blanks()
	if c.peek() != '"' {
		return ErrSyntax
	}
	if err := c.skipText(); err != nil {
		return err
	}
	return c.take(':')
}

func (c *Cursor) skipText() error {
	for i := ordinary(c.text, c.pos+1); i < len(c.text); i = ordinary(c.text, i) {
		if c.text[i] == '"' {
			c.pos = i + 1
			return nil
		}
		if c.text[i] != '\\' || i+1 == len(c.text) {
			return ErrSyntax
		}
		if escape := c.text[i+1]; escape == 'u' {
			if _, ok := hex4(c.text, i+2); !ok {
				return ErrSyntax
			}
			i += 6
		} else if unescape[escape] == 0 {
			return ErrSyntax
		} else {
			i += 2
		}
	}
	return ErrSyntax
}
