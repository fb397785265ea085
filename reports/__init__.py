"""The courses' reports and notebooks, made from the results under figures/ and from the pinned weights."""
