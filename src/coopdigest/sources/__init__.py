"""Where items come from: a listing, a feed, a page, a folder."""
