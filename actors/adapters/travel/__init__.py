"""Travel: a recorded run looked at again, record by record and order by order; reads only."""
