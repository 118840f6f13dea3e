/** Security of the routes behind a session. A constant: inline it, and `c.req.valid()` loses its type. */
export const sessionSecurity: { session: string[] }[] = [{ session: [] }];
