"""Reads records of vidclass into a DataFrame: how many seconds of each label, and in how many movies.

    spark-submit spark_table.py labels.jsonl
"""
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import countDistinct, explode, round, sum

# `scores` has a column for each class unless it is told to be a map.
SCHEMA = """path STRING, status STRING, label STRING, score DOUBLE, scores MAP<STRING, DOUBLE>,
  duration DOUBLE, fps DOUBLE, frames LONG,
  segments ARRAY<STRUCT<start: DOUBLE, end: DOUBLE, label: STRING, score: DOUBLE>>,
  error STRUCT<code: STRING, message: STRING>, warnings ARRAY<STRING>, model STRING, size LONG, mtime DOUBLE"""

spark = SparkSession.builder.appName("vidclass").getOrCreate()
records = spark.read.schema(SCHEMA).json(sys.argv[1])
records.groupBy("status").count().orderBy("status").show()
segments = records.select("path", explode("segments").alias("s")).select("path", "s.*")
segments.groupBy("label").agg(
    round(sum(segments.end - segments.start), 3).alias("seconds"),
    countDistinct("path").alias("movies")).orderBy("label").show(truncate=False)
spark.stop()
