-- The best listings of the regions asked for.
SELECT l.region, l.name, l.review_score
FROM input AS i
JOIN listings AS l ON l.region = i.region
ORDER BY l.review_score DESC, l.name
LIMIT :top
